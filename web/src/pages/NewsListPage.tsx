import { Heading } from '../components/Heading';

export default function NewsListPage(): JSX.Element {
  return <div className="page"><Heading title="NewsList" /></div>;
}
