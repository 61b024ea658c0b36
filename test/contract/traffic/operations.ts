/** The operations (`operationId`) that the product can call, per service: the traffic of the tests has to show each at least once. */
export const OPERATIONS: Readonly<Record<string, readonly string[]>> = {
  miro: ['get-specific-board', 'get-app-card-item', 'update-app-card-item', 'get-items', 'oauth-token'],
  gitlab: [
    'getApiV4User',
    'getApiV4PersonalAccessTokensSelf',
    'getApiV4Projects',
    'getApiV4ProjectsId',
    'getApiV4ProjectsIdLabels',
    'getApiV4ProjectsIdMembersAll',
    'getApiV4Issues',
    'getApiV4ProjectsIdIssues',
    'postApiV4ProjectsIdIssues',
    'getApiV4ProjectsIdIssuesIssueIid',
    'putApiV4ProjectsIdIssuesIssueIid',
    'getApiV4ProjectsIdIssuesNoteableIdNotes',
    'postApiV4ProjectsIdIssuesNoteableIdNotes',
    'deleteApiV4ProjectsIdIssuesNoteableIdNotesNoteId',
    'getApiV4ProjectsIdHooks',
    'postApiV4ProjectsIdHooks',
    'putApiV4ProjectsIdHooksHookId',
    'deleteApiV4ProjectsIdHooksHookId',
  ],
};
