import { Heading } from '../../components/Heading';

export default function KeywordsPage(): JSX.Element {
  return <div className="page"><Heading title="Keywords" /></div>;
}
