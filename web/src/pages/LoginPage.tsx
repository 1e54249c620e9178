import { Heading } from '../components/Heading';

export default function LoginPage(): JSX.Element {
  return <div className="page"><Heading title="Login" /></div>;
}
