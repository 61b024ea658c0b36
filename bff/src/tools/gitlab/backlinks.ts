import type { Backlinks } from '../../ports.ts';
import * as api from './api.ts';

/** Backlinks are notes. Whoever sees an issue may leave some; they are their author's to remove. */
export const backlinks: Backlinks = {
  add: async (access, { place, id }, text) => String((await api.addNote(access, place, id, text)).id),

  async find(access, { place, id }, text) {
    const note = (await api.notes(access, place, id)).find(({ body, author }) => body === text && String(author?.id) === access.person.id);
    return note && String(note.id);
  },

  remove: (access, { place, id }, note) => api.deleteNote(access, place, id, note),
};
