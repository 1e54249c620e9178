import { Heading } from '../../components/Heading';

export default function NewsPage(): JSX.Element {
  return <div className="page"><Heading title="News" /></div>;
}
