import { Heading } from '../components/Heading';

export default function EventPage(): JSX.Element {
  return <div className="page"><Heading title="Event" /></div>;
}
