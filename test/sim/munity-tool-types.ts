/** A user of a tool's site. */
export interface ToolUser {
  readonly id: string;
  readonly username: string;
  name: string;
  email: string;
  /** what a connector's form takes */
  readonly token: string;
}

/** A status, with the colour that the tool gives it (`#rrggbb`). */
export interface ToolStatus {
  readonly id: string;
  readonly name: string;
  readonly category: 'todo' | 'doing' | 'done';
  readonly color: string;
}

/** A project, board or space. */
export interface ToolProject {
  readonly id: string;
  readonly key: string;
  name: string;
  description: string;
  /** ids of the users who see it; absent: everybody */
  members: string[] | undefined;
  nextNumber: number;
}

/** A ticket, task or item as the tool has it. */
export interface ToolItem {
  /** never changes */
  readonly id: string;
  /** `SHOP-7`; another one after a move */
  key: string;
  /** ids of its projects; only Asana has items in several */
  projects: [string, ...string[]];
  title: string;
  /** Markdown */
  description: string;
  /** id */
  status: string;
  priority: 'Highest' | 'High' | 'Medium' | 'Low' | 'Lowest' | null;
  /** user ids */
  assignee: string | null;
  readonly creator: string;
  /** `YYYY-MM-DD` */
  due: string | null;
  labels: string[];
  readonly createdAt: string;
  updatedAt: string;
}

/** One instance of a tool: `acme.atlassian.net`. Other sites of the same tool may use the same ids. */
export interface ToolSite {
  readonly id: string;
  readonly connector: string;
  readonly name: string;
  readonly users: ToolUser[];
  readonly statuses: readonly ToolStatus[];
  readonly projects: ToolProject[];
  /** by id */
  readonly items: Map<string, ToolItem>;
}

/** Fields that an item can be given; absent ones stay. Status by name, assignee by user name. */
export interface ToolItemParams {
  title?: string;
  description?: string;
  status?: string;
  priority?: ToolItem['priority'];
  assignee?: string | null;
  due?: string | null;
  labels?: readonly string[];
}

/** A site of a tool as people work with it: what they change there is at Munity only after its next sync. Items go by their key, projects by theirs. */
export interface ToolDesk {
  readonly site: ToolSite;
  addUser(username: string, name: string): ToolUser;
  /** `members`: user names of those who see it; everybody unless told */
  addProject(key: string, name: string, options?: { readonly description?: string; readonly members?: readonly string[] }): ToolProject;
  setMembers(project: string, members: readonly string[] | undefined): void;
  user(username: string): ToolUser;
  /** Throws when there is none. */
  get(key: string): ToolItem;
  create(project: string, params: ToolItemParams & { readonly title: string }, by?: string): ToolItem;
  update(key: string, params: ToolItemParams): ToolItem;
  remove(key: string): void;
  /** Into another project, which gives it another key. */
  move(key: string, project: string): ToolItem;
  /** Into one more project: Asana's tasks only. */
  addToProject(key: string, project: string): ToolItem;
}
