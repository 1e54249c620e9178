// /news: pinned first, as the server orders them.
import { api } from '../api/client';
import type { NewsList } from '../api/types';
import { useResource } from '../app/resource';
import { Link, useQuery } from '../app/router';
import { Heading } from '../components/Heading';
import { Pagination } from '../components/Pagination';
import { EmptyState, ErrorState, Loading, Skeleton } from '../components/states';
import { DateTime } from '../components/values';
import { newsStrings } from '../i18n/tables/news';

export default function NewsListPage(): JSX.Element {
  const words = newsStrings();
  const page = Math.max(1, Math.floor(Number(useQuery().get('page') ?? 1)) || 1);
  const list = useResource(`news:${page}`, (signal) => api.get<NewsList>('/api/news', { signal, query: { page, limit: 15 } }), { keepsPrevious: true });
  return (
    <div className="page-narrow wide">
      <div className="page-head"><Heading title={words.title} /><p className="soft">{words.lead}</p></div>
      {list.error && !list.data ? <ErrorState error={list.error} onRetry={list.reload} />
        : !list.data ? <Loading><div className="stack"><Skeleton height="64px" /><Skeleton height="64px" /><Skeleton height="64px" /></div></Loading>
          : list.data.news.length === 0 ? <EmptyState title={words.none} />
            : (
              <ul className="news-list" role="list">
                {list.data.news.map((one) => (
                  <li key={one.id} className={one.isPinned ? 'pinned' : undefined}>
                    <Link to={`/news/${one.id}`}>{one.isPinned && <span className="badge accent">{words.pinned}</span>}<b className="grow">{one.title}</b><span className="small soft"><DateTime at={one.publishedAt ?? one.createdAt} style="date" /></span></Link>
                  </li>
                ))}
              </ul>
            )}
      {list.data && <Pagination pages={list.data.pagination} />}
    </div>
  );
}
