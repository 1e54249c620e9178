import { Heading } from '../components/Heading';

export default function PaymentFailPage(): JSX.Element {
  return <div className="page"><Heading title="PaymentFail" /></div>;
}
