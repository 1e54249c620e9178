import { Heading } from '../components/Heading';

export default function PaymentSuccessPage(): JSX.Element {
  return <div className="page"><Heading title="PaymentSuccess" /></div>;
}
