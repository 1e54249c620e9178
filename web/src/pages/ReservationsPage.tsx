import { Heading } from '../components/Heading';

export default function ReservationsPage(): JSX.Element {
  return <div className="page"><Heading title="Reservations" /></div>;
}
