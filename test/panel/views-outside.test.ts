import { COLUMNS_VIEWS } from './columns-views.ts';
import { judgeAll } from './judge.ts';
import { INVITATION_VIEWS, MUNITY_SETTINGS_VIEWS } from './munity-views.ts';
import { SETTINGS_VIEWS } from './settings-views.ts';

/** The pages that have no Miro around them. */
judgeAll({
  'the settings': { file: 'settings.html', widths: [1280, 768, 368], views: [...SETTINGS_VIEWS, ...MUNITY_SETTINGS_VIEWS, ...COLUMNS_VIEWS] },
  'the page that a link leads to': { file: 'connect.html?connector=jira', widths: [1280, 768, 368], views: INVITATION_VIEWS },
});
