import { Heading } from '../../components/Heading';

export default function UsersPage(): JSX.Element {
  return <div className="page"><Heading title="Users" /></div>;
}
