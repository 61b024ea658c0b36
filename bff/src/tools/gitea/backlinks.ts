import type { Ref } from '@tandem/shared/ref';
import type { Access, Backlinks } from '../../ports.ts';
import * as api from './api.ts';

/** Backlinks are comments. Whoever sees an issue may leave some; they are their author's to remove. */
export const backlinks: Backlinks = {
  async add(access, ref, text) {
    await mustBeThere(access, ref);
    return String((await api.addComment(access, ref.place, ref.id, text)).id);
  },

  async find(access, ref, text) {
    await mustBeThere(access, ref);
    const comment = (await api.comments(access, ref.place, ref.id)).find(({ body, user }) => body === text && String(user?.id) === access.person.id);
    return comment && String(comment.id);
  },

  remove: (access, { place }, comment) => api.deleteComment(access, place, comment),
};

/** Asked for the comments of an issue that is gone, Gitea answers 500, as if trying again could help. */
async function mustBeThere(access: Access, { place, id }: Ref): Promise<void> {
  if (!(await api.issue(access, place, id))) throw api.notThere('issue');
}
