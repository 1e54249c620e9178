import { Heading } from '../components/Heading';

export default function ResetPage(): JSX.Element {
  return <div className="page"><Heading title="Reset" /></div>;
}
