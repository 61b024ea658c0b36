import { openOnClick } from './board.ts';

openOnClick({ panel: new URL('panel.html', location.href).pathname, card: new URL('card.html', location.href).pathname });
