import { CARD_VIEWS } from './card-views.ts';
import { judgeAll } from './judge.ts';
import { MUNITY_VIEWS } from './munity-views.ts';
import { PANEL_VIEWS } from './panel-views.ts';
import { see } from './view.ts';

const ENDS = { connected: 'Your account is connected', denied: 'You said no', refused: 'That sign-in does not count', 'other-member': 'Somebody else began this', failed: 'That did not work', unknown: 'That did not work' };

judgeAll({
  'the panel': { file: 'panel.html', widths: [368, 340], views: [...PANEL_VIEWS, ...MUNITY_VIEWS] },
  'the card': { file: 'card.html', widths: [560, 340], views: CARD_VIEWS },
  'the end of a sign-in': { file: ({ name }) => `signed-in.html#${name}`, widths: [560, 340], views: Object.entries(ENDS).map(([name, title]) => ({ name, answers: {}, act: (page) => see(page, title) })) },
});
