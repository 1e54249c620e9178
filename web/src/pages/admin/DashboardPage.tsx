import { Heading } from '../../components/Heading';

export default function DashboardPage(): JSX.Element {
  return <div className="page"><Heading title="Dashboard" /></div>;
}
