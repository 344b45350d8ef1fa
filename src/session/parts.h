/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SESSION_PARTS_H
#define BERTH_SESSION_PARTS_H
/* The pure parts of this room: labels, owners, users of images, what runs in a container, its settings. */
#include "berth/session.h"

#define NAME_PREFIX "berth-"                    /* containers and volumes are NAME_PREFIX<session> */
#define SESSION_NETWORK "berth-sessions"
#define SETTINGS_DIR "/run/berth"               /* memory file system of every session */
enum { EXIT_NO_SETTINGS = 79, EXIT_KILLED = 137, JUPYTER_PORT = 8888 };

/* ---- labels ---- */
#define LABEL(name) "io.berth." name
enum { LABELS_MAX = 28, OPTION_ENV_MAX = 64 };
struct label_set { struct net_header items[LABELS_MAX]; char *owned[LABELS_MAX]; size_t n; };
void labels_add(struct label_set *set, const char *name, const char *value); /* NULL value: left out; name is static */
void labels_fini(struct label_set *set);
/* Everything a session is known by; pending: the token of who starts it (owner.c). */
void labels_of(struct label_set *set, const struct session *s, const char *pending);
const char *label_get(const struct net_header *labels, size_t n, const char *name); /* NULL when absent */
/* The other way round; numbers that are none count as 0. ret is filled anew (session_fini it). */
void labels_read(const struct net_header *labels, size_t n, struct session *ret);

/* OPT_ENV as typed -> lines; NULL: refused. Owned. */
char *env_read_words(struct sv typed, struct err *reterr);

/* ---- who is starting something: "host/boot/pid-namespace/pid/start/nonce" ---- */
enum owner_life { OWNER_ALIVE, OWNER_DEAD, OWNER_UNKNOWN /* another machine, or not to be seen from here */ };
char *owner_token(void);
enum owner_life owner_life(const char *token);

/* ---- folders that saves work in (scratch.c); all of it blocks, the sweep for long ---- */
char *scratch_new(const char *what, struct err *reterr);   /* the name of a folder that is not there yet; owned, NULL: no */
void scratch_remove(const char *dir);
void scratch_sweep(void);                                  /* what the dead have left */

/* ---- the journal of launches that are not ready yet: one file each under PATH_STATE/launches ---- */
/* failed: the start has, and could not be undone: all of it shall go. */
struct journal_entry { char *engine, *session, *token, *clone_dir; bool failed; };
void journal_entry_fini(struct journal_entry *e);
int journal_add(const struct journal_entry *e, struct err *reterr);
bool journal_get(const char *engine, const char *session, struct journal_entry *ret);
void journal_remove(const char *engine, const char *session);
void journal_each(const char *engine, void (*item)(void *ctx, const struct journal_entry *e), void *ctx);
char *launch_log_file(const char *session);     /* path; owned */

/* ---- notes, as text ---- */
bool watch_parse(struct sv text, struct session_watch *ret);   /* false: not one of ours; ret is then all zero */
void watch_format(struct buf *b, const struct session_watch *w);
bool fate_parse(struct sv text, struct session_fate *ret);
char *session_save_lock(const char *session);   /* held while its work is saved; path, owned */
void fate_format(struct buf *b, const struct session_fate *f);

/* ---- what a look reads ---- */
/* The answer of the commands of a look: lines "ptys N", "disk SIZE USED FREE" (df, KiB), "used N" (du, KiB), "kernels JSON",
 * "status JSON", and those of /proc/net/tcp. */
struct sight_text { unsigned n_terminals, n_connections; uint64_t used_kib, free_kib, size_kib; enum sight_change change; struct sv kernels, status; };
void sight_parse(struct sv text, struct sight_text *ret);
/* Connections from outside of the container to a port that something in it listens on. Both tables, one after the other. */
unsigned proc_net_connections(struct sv tables);
/* Jupyter's /api/kernels and /api/status as activity since_s (0: unknown). */
unsigned jupyter_kernels_activity(struct sv json);
unsigned jupyter_status_activity(struct sv json, int64_t since_s);

/* ---- users ---- */
struct image_user { uint32_t uid, gid; char *name, *home; }; /* name, home: NULL when the image doesn't say */
void image_user_fini(struct image_user *u);
/* user as in an image's configuration ("", "1000", "jovyan:users"); passwd and group as in /etc, empty when absent. */
int image_user_resolve(const char *user, struct sv passwd, struct sv group, struct image_user *ret, struct err *reterr);

/* ---- what runs ---- */
struct words { char **items; size_t n; };
void words_fini(struct words *w);
void words_add(struct words *w, const char *word);
struct image_facts {                            /* of the image, and found in it */
	char *id, *user, *workdir, *path, *jupyter_config_path;
	struct words entrypoint, cmd;
	uint16_t port;                              /* exposed: 8888 where it is, else the first; 0: none */
	bool has_sh, has_jupyter, sets_omp_threads, sets_git_config;
};
void image_facts_fini(struct image_facts *f);
/* Whether the image's own command speaks of Jupyter, so that looking for the program can be saved. */
bool image_facts_mention_jupyter(const struct image_facts *f);
struct run_plan {
	struct words entrypoint, cmd;               /* entrypoint empty: the image's own, and cmd too */
	char *default_url;                          /* "" when there is nothing to open */
	uint16_t port;                              /* in the container; 0: serves nothing */
	bool jupyter, init, tty, open_stdin, settings /* waits for SETTINGS_DIR/go */;
};
/* environment: OPT_ENVIRONMENT's text. */
void run_plan_make(const struct image_facts *f, const char *environment, struct run_plan *ret);
void run_plan_fini(struct run_plan *p);
/* Where the workspace volume goes: "<workdir, or home, or /home/jovyan>/work". Owned. */
char *work_root_of(const struct image_facts *f, const struct image_user *u);
/* A folder name for a project that tar, JSON and shells can take; its own name nearly always. Owned. */
char *folder_name_of(const char *project_name);

/* ---- settings ---- */
/* A line of JSON each, for jupyter_server and for the classic notebook. */
void jupyter_server_settings(struct buf *b, struct sv token, const char *root_dir, const char *default_url);
void jupyter_notebook_settings(struct buf *b, struct sv token, const char *root_dir, const char *default_url);
/* One file of SETTINGS_DIR: its name, a literal, and its text, as settings_store_script reads them. */
void settings_add(struct buf *b, const char *name, struct sv text);
void settings_add_jupyter(struct buf *b, struct sv token, const char *workdir, const char *default_url);
/* The shell program that stores such files from its standard input, sets the author where nothing does, and says "go". */
extern const char settings_store_script[];

/* ---- git in the session (gitin.c) ---- */
#define GITIN_CONFIG SETTINGS_DIR "/gitconfig"
/* A git-config file that has git ask our login for this address alone. url may be no http address: then it says nothing. */
void gitin_config(struct buf *b, const char *url, bool has_ca);
/* The program that git asks, for sh: answers protocol, host and path of that address only, with what stands in SETTINGS_DIR/git-token. */
void gitin_login(struct buf *b, const char *url, const char *user);
void gitin_settings(struct buf *b, const struct session_git *g, const char *workdir);
/* True when /proc/net/tcp or tcp6 shows a listener on that port. */
bool proc_net_listens(struct sv table, uint16_t port);
/* The last line of a log that says something, cleaned of escapes, at most 200 bytes. */
void log_last_words(struct buf *b, struct sv log);

/* ---- tar ---- */
/* The first entry of a small tar: its bytes, or where it links to (ret_link, owned; NULL: a file). */
int tar_first(struct sv tar, struct buf *ret_bytes, char **ret_link, struct err *reterr);
struct tar_feed;
struct tar_feed_query {
	const char *dir;                            /* what is sent */
	const char *parent, *name;                  /* in the tar: parent ("home/jovyan/work") gets the owner too, then parent/name/… */
	uint32_t uid, gid;
};
/* A worker writes, the caller reads: ready says that read() may have something. read as net_request.body_read. */
struct tar_feed *tar_feed_new(struct loop *loop, const struct tar_feed_query *q, void (*ready)(void *ctx), void *ctx);
long tar_feed_read(void *feed, char *p, size_t room);
void tar_feed_progress(const struct tar_feed *f, uint64_t *ret_now, uint64_t *ret_total); /* bytes; total 0: not counted yet */
const struct err *tar_feed_error(const struct tar_feed *f); /* why read gave NET_BODY_FAIL; NULL: it did not */
void tar_feed_free(struct tar_feed *f);
#endif
