import { Heading } from '../components/Heading';

export default function SeatsPage(): JSX.Element {
  return <div className="page"><Heading title="Seats" /></div>;
}
