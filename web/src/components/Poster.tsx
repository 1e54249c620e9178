// The poster of an event: its picture, or one drawn from its id and title when there is none (or the picture cannot be loaded).
import { useState } from 'react';

/** A small generator with a fixed sequence per seed (mulberry32). */
function numbers(seed: string): () => number {
  let state = 2166136261;
  for (let index = 0; index < seed.length; index += 1) state = Math.imul(state ^ seed.charCodeAt(index), 16777619);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
}

/** Pairs that look well together: ground, light, accent. */
const palettes: readonly (readonly [string, string, string])[] = [
  ['#1d1147', '#6f3bff', '#ff7ac8'], ['#04293a', '#0f8b8d', '#ffd166'], ['#3a0d2e', '#c2185b', '#ffb36b'], ['#10243e', '#2f6bff', '#8be9ff'],
  ['#2b1a0e', '#d9622b', '#ffe0a3'], ['#0f2f22', '#1f9d61', '#e6ff8a'], ['#2a1036', '#9c3fe4', '#7cf5d6'], ['#38101a', '#e0364c', '#ffc2a6'],
];

function Shapes({ id }: { id: string }): JSX.Element {
  const random = numbers(id);
  const [, light, accent] = palettes[Math.floor(random() * palettes.length)] ?? palettes[0]!;
  const kind = Math.floor(random() * 4);
  const turn = Math.round(random() * 360);
  const centre = { x: 60 + random() * 180, y: 90 + random() * 120 };
  if (kind === 0) {
    return <g fill="none" stroke={accent} strokeWidth="1.500">{Array.from({ length: 14 }, (_, index) => <circle key={index} cx={centre.x} cy={centre.y} r={12 + index * 17} opacity={0.9 - index * 0.06} />)}<circle cx={centre.x} cy={centre.y} r="64" fill={light} stroke="none" /></g>;
  }
  if (kind === 1) {
    return <g transform={`rotate(${(turn % 40) - 20} 150 200)`}>{Array.from({ length: 9 }, (_, index) => { const height = 60 + random() * 240; return <rect key={index} x={-10 + index * 36} y={250 - height * 0.7} width="20" height={height} rx="10" fill={index % 3 === 0 ? accent : light} opacity={0.55 + random() * 0.45} />; })}</g>;
  }
  if (kind === 2) {
    return <g fill="none" strokeWidth="11" strokeLinecap="round">{Array.from({ length: 9 }, (_, index) => <path key={index} d={`M-20 ${80 + index * 24}C70 ${10 + index * 30} 200 ${170 + index * 12} 330 ${50 + index * 26}`} stroke={index % 2 ? light : accent} opacity={0.85 - index * 0.07} />)}</g>;
  }
  return <g><circle cx={centre.x} cy={centre.y + 10} r="104" fill={light} /><path d={`M${centre.x - 104} ${centre.y + 10}a104 104 0 0 1 208 0z`} fill={accent} transform={`rotate(${turn} ${centre.x} ${centre.y + 10})`} /></g>;
}

function ground(id: string): readonly [string, string, string] {
  const random = numbers(id);
  return palettes[Math.floor(random() * palettes.length)] ?? palettes[0]!;
}

interface Props { id: string; title: string; artist: string | null; image: string | null; isLazy?: boolean }

export function Poster({ id, title, artist, image, isLazy = true }: Props): JSX.Element {
  const [failed, setFailed] = useState<string | null>(null);
  if (image && image !== failed) {
    return <div className="poster"><img src={image} alt="" loading={isLazy ? 'lazy' : 'eager'} decoding="async" onError={() => setFailed(image)} /></div>;
  }
  const [dark, light] = ground(id);
  const gradient = `poster-${id}`;
  return (
    <div className="poster drawn" aria-hidden="true" style={{ background: dark }}>
      <svg viewBox="0 0 300 400" preserveAspectRatio="xMidYMid slice">
        <defs>
          <radialGradient id={gradient} cx="30%" cy="15%" r="95%"><stop offset="0" stopColor={light} stopOpacity="0.75" /><stop offset="1" stopColor={dark} stopOpacity="0" /></radialGradient>
          <linearGradient id={`${gradient}-foot`} x1="0" y1="0" x2="0" y2="1"><stop offset="0.350" stopColor={dark} stopOpacity="0" /><stop offset="0.780" stopColor={dark} stopOpacity="0.940" /></linearGradient>
        </defs>
        <rect width="300" height="400" fill={`url(#${gradient})`} />
        <Shapes id={id} />
        <rect width="300" height="400" fill={`url(#${gradient}-foot)`} />
      </svg>
      <div className="poster-words"><b>{title}</b>{artist && <span>{artist}</span>}</div>
    </div>
  );
}
