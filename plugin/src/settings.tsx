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
import { mount } from './mount.ts';
import { createSettings } from './state/settings.ts';
import { SettingsPage } from './views/settings/page.tsx';
import { createWebSession } from './web-session.ts';

const outside = { fetch: (...call: Parameters<typeof fetch>) => fetch(...call), now: Date.now, online: () => navigator.onLine };
const session = createWebSession(outside);
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const call = createCaller({ ...outside, bearer: session.bearer });
const settings = createSettings(createSettingsApi(call), session, wait);
void settings.refresh();

mount(<SettingsPage settings={settings} call={call} wait={wait} />);
