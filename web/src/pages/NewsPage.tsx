// /news/:id: one piece of news. Its Markdown was rendered by the server, which lets no HTML of the author through; the page's policy runs no script in it.
import { api } from '../api/client';
import type { News } from '../api/types';
import { useResource } from '../app/resource';
import { Link, useParam } from '../app/router';
import { Heading } from '../components/Heading';
import { ErrorState, Loading, Skeleton } from '../components/states';
import { DateTime } from '../components/values';
import { count } from '../i18n/format';
import { useLanguage } from '../i18n/language';
import { newsStrings } from '../i18n/tables/news';

export default function NewsPage(): JSX.Element {
  const words = newsStrings();
  const language = useLanguage();
  const id = useParam('id');
  // Every question counts as a view: asked once a visit.
  const { data, error, reload } = useResource(`news-item:${id}`, (signal) => api.get<{ news: News }>(`/api/news/${encodeURIComponent(id)}`, { signal, attempts: 1 }).then((answer) => answer.news));
  if (!data) return <div className="page-narrow"><Heading title={words.title} hidden />{error ? <ErrorState error={error} onRetry={reload} /> : <Loading><div className="stack"><Skeleton height="48px" /><Skeleton height="240px" /></div></Loading>}</div>;
  return (
    <article className="page-narrow stack">
      <p className="small"><Link to="/news">← {words.back}</Link></p>
      <header className="stack-s">
        {data.isPinned && <div><span className="badge accent">{words.pinned}</span></div>}
        <Heading title={data.title} />
        <p className="small soft"><DateTime at={data.publishedAt ?? data.createdAt} style="date" /> · {data.author} · {words.views(count(data.views, language))}</p>
      </header>
      <hr />
      {data.html === undefined ? <div className="prose">{data.content}</div> : <div className="markdown" dangerouslySetInnerHTML={{ __html: data.html }} />}
    </article>
  );
}
