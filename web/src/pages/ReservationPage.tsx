import { Heading } from '../components/Heading';

export default function ReservationPage(): JSX.Element {
  return <div className="page"><Heading title="Reservation" /></div>;
}
