import { Heading } from '../components/Heading';

export default function ProfilePage(): JSX.Element {
  return <div className="page"><Heading title="Profile" /></div>;
}
