import { Heading } from '../../components/Heading';

export default function LayoutsPage(): JSX.Element {
  return <div className="page"><Heading title="Layouts" /></div>;
}
