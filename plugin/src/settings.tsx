import { render } from 'preact';
import 'mirotone/dist/styles.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/pickers.css';
import './styles/pieces.css';
import './styles/states.css';
import './styles/settings.css';
import { createApi } from './api.ts';
import { createSettings } from './state/settings.ts';
import { SettingsPage } from './views/settings/page.tsx';
import { createWebSession } from './web-session.ts';

const outside = { fetch: (...call: Parameters<typeof fetch>) => fetch(...call), now: Date.now, online: () => navigator.onLine };
const session = createWebSession(outside);
const settings = createSettings(createApi({ ...outside, bearer: session.bearer }), session);
void settings.refresh();

const root = document.getElementById('root');
if (root) render(<SettingsPage settings={settings} />, root);
