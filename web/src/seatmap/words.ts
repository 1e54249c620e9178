// The words of the map in both languages; a missing one does not compile.
import { AVAILABLE, LOCKED } from './states';

export interface MapWords {
  stage: string;
  map: string;
  mapHelp: string;
  zoomIn: string;
  zoomOut: string;
  whole: string;
  asList: string;
  asMap: string;
  legend: string;
  free: string;
  locked: string;
  sold: string;
  chosen: string;
  mine: string;
  lost: string;
  row: (label: string) => string;
  seatsLeft: (count: number) => string;
  seatsOf: (free: number, total: number) => string;
  seat: (section: string, row: string, number: string) => string;
  won: (amount: number) => string;
  changed: (seat: string, state: string) => string;
  listHelp: string;
  tapHelp: string;
}

const ko: MapWords = {
  stage: '무대',
  map: '좌석 배치도',
  mapHelp: '방향키로 좌석을 옮기고, 엔터나 스페이스로 고릅니다. 시프트와 좌우 방향키는 다음 빈 좌석, 페이지 키는 다음 구역입니다. 더하기와 빼기로 확대하고, 0으로 전체를 봅니다.',
  zoomIn: '확대',
  zoomOut: '축소',
  whole: '전체 보기',
  asList: '목록으로 보기',
  asMap: '배치도로 보기',
  legend: '범례',
  free: '선택 가능',
  locked: '다른 사람이 선택 중',
  sold: '판매됨',
  chosen: '선택한 좌석',
  mine: '내 좌석',
  lost: '놓친 좌석',
  row: (label) => `${label}열`,
  seatsLeft: (count) => `${count.toLocaleString('ko-KR')}석`,
  seatsOf: (free, total) => `잔여 ${free.toLocaleString('ko-KR')} / ${total.toLocaleString('ko-KR')}석`,
  seat: (section, row, number) => `${section} ${row}열 ${number}번`,
  won: (amount) => `${amount.toLocaleString('ko-KR')}원`,
  changed: (seat, state) => `${seat}: ${state}`,
  listHelp: '구역을 열면 좌석이 열 순서로 나옵니다.',
  tapHelp: '구역을 누르면 확대됩니다',
};

const en: MapWords = {
  stage: 'STAGE',
  map: 'Seat map',
  mapHelp: 'Arrow keys move from seat to seat, Enter or Space chooses. Shift with left or right goes to the next free seat, Page Up and Page Down to another section. Plus and minus zoom, 0 shows the whole hall.',
  zoomIn: 'Zoom in',
  zoomOut: 'Zoom out',
  whole: 'Whole hall',
  asList: 'Show as a list',
  asMap: 'Show as a map',
  legend: 'Legend',
  free: 'Available',
  locked: 'Held by someone',
  sold: 'Sold',
  chosen: 'Your choice',
  mine: 'Your seats',
  lost: 'Just taken',
  row: (label) => `Row ${label}`,
  seatsLeft: (count) => `${count.toLocaleString('en')} left`,
  seatsOf: (free, total) => `${free.toLocaleString('en')} of ${total.toLocaleString('en')} left`,
  seat: (section, row, number) => `${section}, row ${row}, seat ${number}`,
  won: (amount) => `₩${amount.toLocaleString('en')}`,
  changed: (seat, state) => `${seat}: ${state}`,
  listHelp: 'Open a section to see its seats row by row.',
  tapHelp: 'Press a section to zoom in',
};

export const mapWords: Record<'ko' | 'en', MapWords> = { ko, en };

export function stateWord(words: MapWords, state: number): string {
  return state === AVAILABLE ? words.free : state === LOCKED ? words.locked : words.sold;
}
