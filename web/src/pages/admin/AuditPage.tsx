import { Heading } from '../../components/Heading';

export default function AuditPage(): JSX.Element {
  return <div className="page"><Heading title="Audit" /></div>;
}
