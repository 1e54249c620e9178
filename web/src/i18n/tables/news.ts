// Words of the news.
import { defineStrings } from '../language';

export const newsStrings = defineStrings({
  title: '소식', lead: '공연 오픈과 서비스 안내', pinned: '중요', none: '아직 소식이 없습니다', views: (count: string) => `조회 ${count}`, back: '소식 목록', by: '작성',
}, {
  title: 'News', lead: 'Openings and announcements', pinned: 'Pinned', none: 'No news yet', views: (count: string) => `${count} views`, back: 'All news', by: 'By',
});
