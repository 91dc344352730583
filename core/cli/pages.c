/* Owns the texts of the commands. Called by `ltcore help`, and by the build for the manual page. */
#include "cli/pages.h"

#include <string.h>

typedef struct page {
    const char *command, *usage, *about, *options, *example, *codes;
} page;

#define CONFIG   "  -c, --config FILE      the configuration\n" \
                 "      --set KEY=VALUE    override one setting, as often as needed\n"
#define PLUGINS  "  -c, --config FILE      take plugins.path from that configuration\n"
#define OF_A_RUN "      --set KEY=VALUE    override one setting of the run's run.cfg\n"

static const page pages[] = {
    { "run", "-c FILE [-o DIR] [-j N] [-n] [--set KEY=VALUE]...",
      "Does what the configuration says: trains, prunes, compares, and writes tables and tickets to the output\n"
      "directory. What is in the store is taken from there, so that the same command goes on after a stop, a kill\n"
      "or a full disk. Standard output gets the table of levels, standard error the progress.\n",
      CONFIG
      "  -o, --output DIR       where results go, over run.output\n"
      "  -j, --jobs N           trainings at once (one a processor; in one program, where the backend takes many, as\n"
      "                         many as its memory holds)\n"
      "  -n, --dry-run          say what would be trained, and about how long it takes; write nothing\n"
      "  -q, --quiet            no progress\n"
      "  -v, --verbose          a line for each evaluation\n",
      "ltcore -c run.cfg --set train.steps=200 -o /tmp/try",
      "0 done; 1 a training failed, the others are done; 2 wrong configuration; 3 stopped by a signal, resumable" },
    { "list", "[KIND]", "Every plug-in that is found: kind, name, version, what it is, its file.\n", PLUGINS,
      "ltcore list masks", NULL },
    { "info", "NAME",
      "One plug-in: its options with type, default, range and meaning, its formula and its source; of a backend\n"
      "also its identity, which says what can change a bit of a result.\n", PLUGINS,
      "ltcore info magnitude", NULL },
    { "summary", "-c FILE",
      "The network layer by layer: type, output, parameters, multiply-accumulates; and totals.\n", CONFIG,
      "ltcore summary -c run.cfg --set arch.plugin=resnet-20", NULL },
    { "show", "TICKET [TENSOR]",
      "What a ticket's directory, a mask or another safetensors file holds: shapes, densities, what the values are;\n"
      "of one tensor its first values and a histogram.\n", "",
      "ltcore show runs/lenet/tickets/main/t1/l05 fc1.weight", NULL },
    { "eval", "TICKET -c FILE",
      "Loss and accuracy of stored weights on each split of the configuration's data.\n", CONFIG,
      "ltcore eval runs/lenet/tickets/main/t1/l05 -c run.cfg",
      "0 done; 1 it cannot be evaluated; 2 not the network's weights" },
    { "status", "DIR",
      "How far the run is that writes to DIR, which may go on in another terminal: levels done and planned, what is\n"
      "being trained now, how long it may still take, and what failed, with its cause. In nobody's way.\n",
      OF_A_RUN,
      "ltcore status runs/lenet", "0 shown, however the run does; 1 it cannot be read; 2 DIR holds no run" },
    { "watch", "DIR", "The same as status, every two seconds, until the run ends; once into a pipe.\n",
      OF_A_RUN,
      "ltcore watch runs/lenet",
      "0 the run has ended; 1 it cannot be read; 2 DIR holds no run; 3 stopped by a signal" },
    { "report", "DIR... [-o DIR]",
      "Makes the report of a finished run again from its results.db: figures, their tables, and report.html, one file\n"
      "that works offline. Of several runs, one report that compares them.\n",
      "  -o, --output DIR       where it goes; without it, to the run's own directory\n"
      "      --format FORMAT    html, svg, png, csv or md alone, as often as needed\n",
      "ltcore report runs/lenet runs/conv-2 -o both", NULL },
    { "verify", "DIR [VARIANT/tN[/dN]/lNN]",
      "Trains one stored training of a run again, the dense network of trial 1 unless one is named, and compares the\n"
      "bytes with those in the store. Writes nothing.\n", OF_A_RUN,
      "ltcore verify runs/lenet main/t1/l05",
      "0 identical; 1 they differ, or it is not stored whole; 2 there is no such training" },
    { "store", "stats|verify|gc [-c FILE]",
      "The store of trained weights, that of the configuration or the user's own. stats counts; verify reads\n"
      "everything and moves what is damaged to quarantine; gc removes what no run needs and is older than a day, and\n"
      "may be called while runs go on.\n", CONFIG,
      "ltcore store gc", "0 done, and sound; 1 something was damaged, or it cannot be read" },
    { "tune", "[BACKEND] [-o FILE]",
      "Measures what a backend's kernels cost on this machine, in some seconds of one idle processor, and writes a\n"
      "table that its option `costs` takes: by it dense or sparse kernels are chosen, layer by layer. Never done\n"
      "within a run. Another table gives other last bits, and so it is part of the backend's identity.\n",
      "  -o, --output FILE      the table (BACKEND.costs); it must not be there yet\n" PLUGINS,
      "ltcore tune cpu -o zen4.costs",
      "0 written; 1 it failed; 2 no such backend, or it has no table; 3 stopped by a signal" },
    { "check", "FILE.so [TEST]",
      "Does a plug-in's file keep to what the headers ask? All tests of its kinds, or one.\n", "",
      "ltcore check ./growth.so", "0 it does; 1 it does not; 2 no plug-in, or no such test" },
    { "help", "[COMMAND|config]",
      "What ltcore can do; one command; or every key of a configuration with type, default, range and meaning.\n", "",
      "ltcore help config | less", NULL },
};
enum { N_PAGES = sizeof pages / sizeof pages[0] };

static const char usual_codes[] = "0 done; 1 failed; 2 wrong usage or configuration";

/* The main job has no word of its own. */
static const char *word_of(const page *p)
{
    return strcmp(p->command, "run") ? p->command : "";
}

static void print_usage(const page *p, FILE *to)
{
    const char *word = word_of(p);
    fprintf(to, "ltcore %s%s%s\n", word, *word ? " " : "", p->usage);
}

static void print_rest(const page *p, FILE *to)
{
    if (*p->options)
        fprintf(to, "%s\n", p->options);
    fprintf(to, "Example: %s\nExit codes: %s.\n", p->example, p->codes ? p->codes : usual_codes);
}

bool lt_page_print(const char *command, FILE *to)
{
    for (size_t i = 0; i < N_PAGES; i++) {
        if (strcmp(pages[i].command, command))
            continue;
        print_usage(&pages[i], to);
        fprintf(to, "\n%s\n", pages[i].about);
        print_rest(&pages[i], to);
        return true;
    }
    return false;
}

/* A line as it is: roff reads backslashes, and a dot or an apostrophe that a line begins with. */
static void print_roff(const char *text, FILE *to)
{
    for (const char *c = text; *c; c++) {
        if ((c == text || c[-1] == '\n') && (*c == '.' || *c == '\''))
            fputs("\\&", to);
        if (*c == '\\')
            fputs("\\e", to);
        else if (*c == '-')
            fputs("\\-", to);
        else
            fputc(*c, to);
    }
}

static void print_section(const page *p, FILE *to)
{
    fprintf(to, ".SS %s\n.nf\n\\fBltcore %s\\fR ", p->command, word_of(p));
    print_roff(p->usage, to);
    fputs("\n\n", to);
    print_roff(p->about, to);
    if (*p->options)
        fputc('\n', to);
    print_roff(p->options, to);
    fputs("\nExample: ", to);
    print_roff(p->example, to);
    fputs("\nExit codes: ", to);
    print_roff(p->codes ? p->codes : usual_codes, to);
    fputs(".\n.fi\n", to);
}

void lt_pages_print_man(const char *version, const char *general, FILE *to)
{
    fprintf(to, ".TH LTCORE 1 \"\" \"ltcore %s\" \"User Commands\"\n.SH NAME\n"
                "ltcore \\- find, train and study lottery tickets\n.SH DESCRIPTION\n.nf\n", version);
    print_roff(general, to);
    fputs(".fi\n.SH COMMANDS\n", to);
    for (size_t i = 0; i < N_PAGES; i++)
        print_section(&pages[i], to);
}
