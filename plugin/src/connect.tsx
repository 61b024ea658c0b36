import 'mirotone/dist/styles.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/pickers.css';
import './styles/pieces.css';
import './styles/states.css';
import './styles/settings.css';
import { createApi, createCaller } from './api.ts';
import { mount } from './mount.ts';
import { createInvitation } from './state/invitation.ts';
import { InvitationPage } from './views/invitation.tsx';
import { createWebSession } from './web-session.ts';

const outside = { fetch: (...call: Parameters<typeof fetch>) => fetch(...call), now: Date.now, online: () => navigator.onLine };
const session = createWebSession(outside);
const invitation = createInvitation(createApi(createCaller({ ...outside, bearer: session.bearer })), new URLSearchParams(location.search).get('connector') ?? '');
void invitation.refresh();

mount(<InvitationPage invitation={invitation} />);
