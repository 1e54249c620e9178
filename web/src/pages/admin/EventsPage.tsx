import { Heading } from '../../components/Heading';

export default function EventsPage(): JSX.Element {
  return <div className="page"><Heading title="Events" /></div>;
}
