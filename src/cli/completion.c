/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Completion for bash, zsh and fish, made from the command table and the table of session options. The scripts ask berth itself
 * for names of projects, branches and sessions, so names with blanks and quotes are one word and nothing of them is run.
 */
#include "cli/cli_impl.h"

/* What a word of a command is, by its name in the table's usage; `list` is what is asked, $1 the project before it. */
static const struct word {
	const char *name, *list;
} words[] = {
	{ "PROJECT", "projects --columns path" },
	{ "REV", "branches \"$1\" --columns name" },
	{ "BRANCH", "branches \"$1\" --columns name" },
	{ "SESSION", "sessions --columns name" },
};

static bool in_cli(const struct command *cmd)
{
	return cmd->faces & FACE_CLI;
}

/* The n-th word of "[PROJECT] [REV]", without brackets; false: there is none. */
static bool word_at(const char *args, size_t n, struct sv *ret)
{
	struct sv rest = sv_of(args ? args : ""), word;
	while (sv_split(&rest, ' ', &word))
		if (n-- == 0) {
			if (word.len > 1 && word.p[0] == '[')
				word = (struct sv){ word.p + 1, word.len - 2 };
			return *ret = word, word.len > 0;
		}
	return false;
}

static const struct word *word_kind(const char *args, size_t n)
{
	struct sv word;
	if (word_at(args, n, &word))
		for (size_t i = 0; i < ARRAY_LEN(words); i++)
			if (sv_eq(word, sv_of(words[i].name)))
				return &words[i];
	return NULL;
}

/* Calls fn for each flag of a command: its own, those of a session, those of all commands. */
static void each_flag(const struct command *cmd, void (*fn)(struct buf *b, const struct command *cmd, const char *name, const char *value, const char *help), struct buf *b)
{
	for (const struct command_flag *f = cmd->flags; f && f->name; f++)
		fn(b, cmd, f->name, f->arg, f->help);
	for (int i = 0; command_takes_options(cmd) && i < OPT_COUNT_; i++) {
		const struct option_def *d = option_def((enum option_id)i);
		fn(b, cmd, d->name, option_word(d), d->help);
	}
	fn(b, cmd, "json", NULL, "print JSON");
	fn(b, cmd, "help", NULL, "explain this command");
}

static bool is_path(const char *value)
{
	return strcmp(value, "FILE") == 0 || strcmp(value, "FOLDER") == 0;
}

static void add_quoted(struct buf *b, const char *name, const char *sep, const char *text)
{
	AUTO_STR whole = xasprintf("%s%s%s", name, sep, text);
	buf_add_shell_quoted(b, sv_of(whole));
}

/* ---- the case arms that bash and zsh share: "command:position" -> what is offered ---- */
static void add_arms(struct buf *b, const char *offer_list, const char *offer_fixed)
{
	for (size_t i = 0; i < CMD_COUNT_; i++) {
		const struct command *cmd = command_at(i);
		struct sv word;
		for (size_t n = 0; in_cli(cmd) && word_at(cmd->args, n, &word); n++) {
			const struct word *w = word_kind(cmd->args, n);
			if (w)
				buf_addf(b, "\t%s:%zu) %s %s ;;\n", cmd->name, n, offer_list, w->list);
			else if (sv_eq(word, SV("FOLDER")))
				buf_addf(b, "\t%s:%zu) _berth_files ;;\n", cmd->name, n);
		}
	}
	buf_addf(b, "\tcompletion:0) %s bash zsh fish ;;\n\thelp:0) %s", offer_fixed, offer_fixed);
	for (size_t i = 0; i < CMD_COUNT_; i++)
		if (in_cli(command_at(i)))
			buf_addf(b, " %s", command_at(i)->name);
	buf_add_str(b, " ;;\n");
}

/* Flags that take the word after them: "command:--flag|command:--flag". */
static void add_valued(struct buf *b, const struct command *cmd, const char *name, const char *value, const char *help)
{
	(void)help;
	if (value)
		buf_addf(b, "|%s:--%s", cmd->name, name);
}

static void add_path_valued(struct buf *b, const struct command *cmd, const char *name, const char *value, const char *help)
{
	(void)help;
	if (value && is_path(value))
		buf_addf(b, "|%s:--%s", cmd->name, name);
}

static void add_for_all(struct buf *b, void (*fn)(struct buf *, const struct command *, const char *, const char *, const char *))
{
	for (size_t i = 0; i < CMD_COUNT_; i++)
		if (in_cli(command_at(i)))
			each_flag(command_at(i), fn, b);
}

/* The case arms that offer a command's flags: "command) open --flag … close". */
static void add_flag_arms(struct buf *b, const char *open, void (*fn)(struct buf *, const struct command *, const char *, const char *, const char *), const char *close)
{
	for (size_t i = 0; i < CMD_COUNT_; i++) {
		if (!in_cli(command_at(i)))
			continue;
		buf_addf(b, "\t\t%s) %s", command_at(i)->name, open);
		each_flag(command_at(i), fn, b);
		buf_addf(b, "%s ;;\n", close);
	}
}

/* ---- bash ---- */
static void add_bash_flag(struct buf *b, const struct command *cmd, const char *name, const char *value, const char *help)
{
	(void)cmd, (void)value, (void)help;
	buf_addf(b, " --%s", name);
}

static void bash(struct buf *b)
{
	buf_add_str(b, "# berth completion for bash\n"
	               "_berth_offer() { local w; for w; do [[ $w == \"$cur\"* ]] && COMPREPLY+=(\"$(printf %q \"$w\")\"); done; }\n"
	               "_berth_list() { local all; mapfile -t all < <(berth \"$@\" 2>/dev/null </dev/null | tail -n +2); _berth_offer \"${all[@]}\"; }\n"
	               "_berth_files() { compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$cur\"); }\n"
	               "_berth() {\n"
	               "\tlocal cur=${COMP_WORDS[COMP_CWORD]} cmd= n=0 i w skip= last=\n\tCOMPREPLY=()\n\tset -- ''\n"
	               "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	               "\t\tw=${COMP_WORDS[i]}\n"
	               "\t\tif [[ -n $skip ]]; then skip=; continue; fi\n"
	               "\t\tcase $cmd:$w in\n"
	               "\t\t:--config|:--log|:--theme");
	add_for_all(b, add_valued);
	buf_add_str(b, ") skip=$cmd:$w ;;\n"
	               "\t\t*:-*) ;;\n"
	               "\t\t:*) cmd=$w ;;\n"
	               "\t\t*) ((n++)); [[ -n $1 ]] || { w=${w//\\\\/}; w=${w#[\\'\\\"]}; set -- \"${w%[\\'\\\"]}\"; } ;;\n"
	               "\t\tesac\n\tdone\n"
	               "\tlast=$skip\n"
	               "\tcase $last in\n\t:--config|:--log");
	add_for_all(b, add_path_valued);
	buf_add_str(b, ") _berth_files; return ;;\n\t?*) return ;;\n\tesac\n"
	               "\tif [[ -z $cmd ]]; then\n\t\t_berth_offer --config --theme --plain --read-only --json --log --help --version help completion");
	for (size_t i = 0; i < CMD_COUNT_; i++)
		if (in_cli(command_at(i)))
			buf_addf(b, " %s", command_at(i)->name);
	buf_add_str(b, "\n\t\treturn\n\tfi\n\tif [[ $cur == -* ]]; then\n\t\tcase $cmd in\n");
	add_flag_arms(b, "_berth_offer", add_bash_flag, "");
	buf_add_str(b, "\t\tesac\n\t\treturn\n\tfi\n\tcase $cmd:$n in\n");
	add_arms(b, "_berth_list", "_berth_offer");
	buf_add_str(b, "\tesac\n}\ncomplete -F _berth berth\n");
}

/* ---- zsh ---- */
static void add_zsh_flag(struct buf *b, const struct command *cmd, const char *name, const char *value, const char *help)
{
	(void)cmd, (void)value;
	AUTO_STR flag = xasprintf("--%s", name);
	buf_add_char(b, ' ');
	add_quoted(b, flag, ":", help);
}

static void zsh(struct buf *b)
{
	buf_add_str(b, "#compdef berth\n# berth completion for zsh\n"
	               "_berth_list() { local -a all=(\"${(@f)$(berth \"$@\" 2>/dev/null </dev/null | tail -n +2)}\"); compadd -a all }\n"
	               "_berth_fixed() { compadd -- \"$@\" }\n"
	               "_berth_files() { _files }\n"
	               "_berth() {\n\tlocal cmd= skip= w\n\tlocal -i n=0 i\n\tlocal -a commands flags\n\tset -- ''\n"
	               "\tfor ((i = 2; i < CURRENT; i++)); do\n"
	               "\t\tw=${words[i]}\n"
	               "\t\tif [[ -n $skip ]]; then skip=; continue; fi\n"
	               "\t\tcase $cmd:$w in\n\t\t:--config|:--log|:--theme");
	add_for_all(b, add_valued);
	buf_add_str(b, ") skip=$cmd:$w ;;\n\t\t*:-*) ;;\n\t\t:*) cmd=$w ;;\n\t\t*) n+=1; [[ -n $1 ]] || set -- \"${(Q)w}\" ;;\n\t\tesac\n\tdone\n"
	               "\tcase $skip in\n\t:--config|:--log");
	add_for_all(b, add_path_valued);
	buf_add_str(b, ") _files; return ;;\n\t?*) return ;;\n\tesac\n\tif [[ -z $cmd ]]; then\n\t\tcommands=(");
	for (size_t i = 0; i < CMD_COUNT_; i++)
		if (in_cli(command_at(i))) {
			buf_add_str(b, "\n\t\t\t");
			add_quoted(b, command_at(i)->name, ":", command_at(i)->summary);
		}
	buf_add_str(b, "\n\t\t\t'help:Explain a command' 'completion:Print completion for bash, zsh or fish')\n"
	               "\t\t_describe -t commands command commands\n\t\treturn\n\tfi\n\tif [[ ${words[CURRENT]} == -* ]]; then\n\t\tcase $cmd in\n");
	add_flag_arms(b, "flags=(", add_zsh_flag, ")");
	buf_add_str(b, "\t\tesac\n\t\t_describe -o -t options option flags\n\t\treturn\n\tfi\n\tcase $cmd:$n in\n");
	add_arms(b, "_berth_list", "_berth_fixed");
	buf_add_str(b, "\tesac\n}\nif [[ $funcstack[1] == _berth ]]; then _berth \"$@\"; else compdef _berth berth; fi\n");
}

/* ---- fish ---- */
static void add_fish_quoted(struct buf *b, const char *s)
{
	buf_add_char(b, '\'');
	for (; *s; s++) {
		if (*s == '\'' || *s == '\\')
			buf_add_char(b, '\\');
		buf_add_char(b, *s);
	}
	buf_add_char(b, '\'');
}

static void add_fish_flag(struct buf *b, const struct command *cmd, const char *name, const char *value, const char *help)
{
	buf_addf(b, "complete -c berth -n '__berth_in %s' -l %s%s -d ", cmd->name, name, !value ? "" : is_path(value) ? " -rF" : " -x");
	add_fish_quoted(b, help);
	buf_add_char(b, '\n');
}

static void fish(struct buf *b)
{
	buf_add_str(b, "# berth completion for fish\n"
	               "function __berth_words\n"
	               "\tset -l skip no\n\tset -l cmd\n"
	               "\tfor w in (commandline -opc)[2..]\n"
	               "\t\tif test $skip = yes\n\t\t\tset skip no\n\t\t\tcontinue\n\t\tend\n"
	               "\t\tswitch \"$cmd:$w\"\n\t\t\tcase ':--config' ':--log' ':--theme'");
	AUTO(buf_fini) struct buf valued = BUF_INIT;
	add_for_all(&valued, add_valued);
	struct sv rest = buf_sv(&valued), word;
	while (sv_split(&rest, '|', &word))
		if (word.len)
			buf_addf(b, " '%.*s'", (int)word.len, word.p);
	buf_add_str(b, "\n\t\t\t\tset skip yes\n\t\t\tcase '*:-*'\n\t\t\tcase '*'\n\t\t\t\ttest -n \"$cmd\"; or set cmd $w\n\t\t\t\tprintf '%s\\n' $w\n"
	               "\t\tend\n\tend\nend\n"
	               "function __berth_in\n\tset -l w (__berth_words)\n\ttest \"$w[1]\" = \"$argv[1]\"\nend\n"
	               "function __berth_at\n\tset -l w (__berth_words)\n\ttest (count $w) -eq $argv[2]; and test \"$w[1]\" = \"$argv[1]\"\nend\n"
	               "function __berth_list\n\tset -l w (__berth_words)\n\tset -l words (string replace -- '$1' \"$w[2]\" $argv)\n"
	               "\tberth $words 2>/dev/null </dev/null | tail -n +2\nend\n"
	               "complete -c berth -f\n");
	for (size_t i = 0; i < CMD_COUNT_; i++) {
		const struct command *cmd = command_at(i);
		struct sv arg;
		if (!in_cli(cmd))
			continue;
		buf_addf(b, "complete -c berth -n 'test (count (__berth_words)) -eq 0' -a %s -d ", cmd->name);
		add_fish_quoted(b, cmd->summary);
		buf_add_char(b, '\n');
		each_flag(cmd, add_fish_flag, b);
		for (size_t n = 0; word_at(cmd->args, n, &arg); n++) {
			const struct word *w = word_kind(cmd->args, n);
			if (w)
				buf_addf(b, "complete -c berth -n '__berth_at %s %zu' -a \"(__berth_list %s)\"\n", cmd->name, n + 1,
				         strstr(w->list, "$1") ? "branches '\\$1' --columns name" : w->list);
			else if (sv_eq(arg, SV("FOLDER")))
				buf_addf(b, "complete -c berth -n '__berth_at %s %zu' -F\n", cmd->name, n + 1);
		}
	}
}

bool completion(struct buf *b, const char *shell)
{
	static const struct { const char *name; void (*add)(struct buf *b); } shells[] = { { "bash", bash }, { "zsh", zsh }, { "fish", fish } };
	for (size_t i = 0; i < ARRAY_LEN(shells); i++)
		if (strcmp(shell, shells[i].name) == 0)
			return shells[i].add(b), true;
	return false;
}
