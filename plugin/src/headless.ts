import { openOnClick } from './board-events.ts';

openOnClick({ panel: new URL('panel.html', location.href).pathname, card: new URL('card.html', location.href).pathname });
