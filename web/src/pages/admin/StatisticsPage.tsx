import { Heading } from '../../components/Heading';

export default function StatisticsPage(): JSX.Element {
  return <div className="page"><Heading title="Statistics" /></div>;
}
