import { Heading } from '../../components/Heading';

export default function EventEditorPage(): JSX.Element {
  return <div className="page"><Heading title="EventEditor" /></div>;
}
