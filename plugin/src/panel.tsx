import 'mirotone/dist/styles.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/pickers.css';
import './styles/pieces.css';
import './styles/states.css';
import './styles/panel.css';
import './styles/list.css';
import { createApi, createCaller, miroBearer } from './api.ts';
import { miroBoard } from './board.ts';
import { mount } from './mount.ts';
import { createSession } from './state/session.ts';
import { loadViews, Panel } from './views/panel.tsx';

const board = miroBoard();
const session = createSession(board, createApi(createCaller({ bearer: () => miroBearer(() => board.idToken()), fetch: (...call) => fetch(...call), now: Date.now, online: () => navigator.onLine })), Date.now);
void session.start();
// While the BFF says who this is.
void loadViews().catch(() => undefined);

mount(<Panel session={session} />);
