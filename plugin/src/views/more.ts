/** What most sessions never show, as one piece of code to fetch. */
export { Connect } from './connect.tsx';
export { NewItem } from './new-item.tsx';
export { Outside } from './outside.tsx';
