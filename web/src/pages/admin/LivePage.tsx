import { Heading } from '../../components/Heading';

export default function LivePage(): JSX.Element {
  return <div className="page"><Heading title="Live" /></div>;
}
