import { Heading } from '../components/Heading';

export default function PaymentPage(): JSX.Element {
  return <div className="page"><Heading title="Payment" /></div>;
}
