import { Heading } from '../components/Heading';

export default function RegisterPage(): JSX.Element {
  return <div className="page"><Heading title="Register" /></div>;
}
