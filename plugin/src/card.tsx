import 'mirotone/dist/styles.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/pickers.css';
import './styles/pieces.css';
import './styles/states.css';
import './styles/card.css';
import { createCaller, miroBearer } from './api.ts';
import { miroBoard } from './board.ts';
import { createCardApi } from './card-api.ts';
import { mount } from './mount.ts';
import { createEdit } from './state/edit.ts';
import { Card } from './views/card.tsx';

const board = miroBoard();
const api = createCardApi(createCaller({ bearer: () => miroBearer(() => board.idToken()), fetch: (...call) => fetch(...call), now: Date.now, online: () => navigator.onLine }));
const edit = createEdit(board, api);
void edit.start();

mount(<Card edit={edit} api={api} />);
