import { Heading } from '../components/Heading';

export default function QueuePage(): JSX.Element {
  return <div className="page"><Heading title="Queue" /></div>;
}
