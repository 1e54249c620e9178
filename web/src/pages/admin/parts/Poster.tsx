// Choosing and uploading the poster of an event.
import { useId, useState } from 'react';
import { api } from '../../../api/client';
import { Button } from '../../../components/Button';
import { adminStrings } from '../words';
import { Problem, useAction } from './shared';

const largest = 5 * 1024 * 1024;

export function Poster({ url, onChange }: { url: string | null; onChange: (url: string | null) => void }): JSX.Element {
  const text = adminStrings().editor;
  const id = useId();
  const { isBusy, error, run } = useAction();
  const [isTooLarge, setTooLarge] = useState(false);
  const choose = (file: File | undefined): void => {
    setTooLarge(false);
    if (!file) return;
    if (file.size > largest) { setTooLarge(true); return; }
    const form = new FormData();
    form.append('image', file);
    void run(async () => onChange((await api.post<{ url: string }>('/api/image/upload', form, { timeout: 60_000 })).url));
  };
  return (
    <div className="poster-field">
      <div className="poster-frame">{url ? <img src={url} alt={text.preview} /> : <span className="soft small">{text.noPoster}</span>}</div>
      <div className="stack-s">
        <div className="row">
          <label className="button secondary small poster-choose" htmlFor={id}>{isBusy && <span className="spinner" aria-hidden="true" />}{isBusy ? text.uploading : url ? text.changePoster : text.choosePoster}</label>
          <input id={id} className="visually-hidden" type="file" accept="image/jpeg,image/png,image/webp,image/gif" disabled={isBusy} onChange={({ target }) => { choose(target.files?.[0]); target.value = ''; }} />
          {url && <Button look="quiet" size="small" onClick={() => onChange(null)}>{text.removePoster}</Button>}
        </div>
        <p className="soft small">{text.posterHint}</p>
        {isTooLarge && <p className="problem" role="alert">{text.tooLarge}</p>}
        <Problem error={error} />
      </div>
    </div>
  );
}
