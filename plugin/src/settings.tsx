import { render } from 'preact';
import 'mirotone/dist/styles.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/pickers.css';
import './styles/pieces.css';
import './styles/states.css';
import './styles/settings.css';
import './styles/pairs.css';
import { createCaller } from './api.ts';
import { createSettingsApi } from './settings-api.ts';
import { createSettings } from './state/settings.ts';
import { SettingsPage } from './views/settings/page.tsx';
import { createWebSession } from './web-session.ts';

const outside = { fetch: (...call: Parameters<typeof fetch>) => fetch(...call), now: Date.now, online: () => navigator.onLine };
const session = createWebSession(outside);
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const settings = createSettings(createSettingsApi(createCaller({ ...outside, bearer: session.bearer })), session, wait);
void settings.refresh();

const root = document.getElementById('root');
if (root) render(<SettingsPage settings={settings} />, root);
