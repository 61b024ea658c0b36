import { lazy } from '../ui/lazy.tsx';
import type * as More from './more.ts';

const more = (): Promise<typeof More> => import('./more.ts');

/** Views of `more.ts`, fetched when the first of them is shown. */
export const Connect = lazy(() => more().then((views) => views.Connect));
export const Disconnect = lazy(() => more().then((views) => views.Disconnect));
export const EndsSoon = lazy(() => more().then((views) => views.EndsSoon));
export const NewItem = lazy(() => more().then((views) => views.NewItem));
export const Outside = lazy(() => more().then((views) => views.Outside));
export const SignInView = lazy(() => more().then((views) => views.SignInView));
