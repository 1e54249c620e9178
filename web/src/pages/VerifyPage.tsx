import { Heading } from '../components/Heading';

export default function VerifyPage(): JSX.Element {
  return <div className="page"><Heading title="Verify" /></div>;
}
