// The pages of a list, as links so that each has an address.
import type { Pagination as Pages } from '../api/types';
import { Link, withQuery } from '../app/router';
import { commonStrings } from '../i18n/tables/common';

/** First, last and the neighbours; null stands for a gap. */
export function pageNumbers(page: number, total: number): (number | null)[] {
  const wanted = [1, page - 1, page, page + 1, total].filter((number, index, all) => number >= 1 && number <= total && all.indexOf(number) === index).sort((a, b) => a - b);
  return wanted.flatMap((number, index) => (index > 0 && number - (wanted[index - 1] as number) > 1 ? [null, number] : [number]));
}

export function Pagination({ pages, name = 'page' }: { pages: Pages; name?: string }): JSX.Element | null {
  const words = commonStrings();
  if (pages.totalPages <= 1) return null;
  const link = (page: number): string => withQuery({ [name]: page === 1 ? null : page });
  return (
    <nav aria-label={words.pages.label}>
      <ul className="pagination">
        {pages.page > 1 && <li><Link to={link(pages.page - 1)} rel="prev">{words.pages.previous}</Link></li>}
        {pageNumbers(pages.page, pages.totalPages).map((page, index) => (
          <li key={page ?? `gap-${index}`}>
            {page === null ? <span aria-hidden="true">…</span>
              : <Link to={link(page)} aria-label={words.pages.page(page)} aria-current={page === pages.page ? 'page' : undefined}>{page}</Link>}
          </li>
        ))}
        {pages.page < pages.totalPages && <li><Link to={link(pages.page + 1)} rel="next">{words.pages.next}</Link></li>}
      </ul>
    </nav>
  );
}
