/* Claims about descriptions of networks that are wrong: whatever stands in the file, there is a network or
 * one sentence with file, line and remedy. */
#include "suite.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ltcore/rng.h>

#include "graph_rig.h"
#include "util/file.h"

/* Layers from line 2 on (a text that begins with '!' is the whole file), and part of what is then said; where
 * that begins with ':', it stands right behind the file's name. */
static const struct { const char *text, *says; } bad[] = {
    /* what is there */
    { "!", ": has no layers: a description is layers = (" },
    { "!layers = 5;", ":1: layers must be a list of at least one" },
    { "!layers = ( );", ":1: layers must be a list of at least one" },
    { "!layers = ( { type = \"flatten\"; }, { type = \"linear\"; } );\nlayer = 3;",
      ":2: there is no key 'layer'" },
    { "!# no\n\nlayers : { type = \"flatten\"; };", ":3: layers must be a list" },
    { "5", ":2: a layer is a group" },
    { "{ out = 5; }", ":2: a layer needs a type in quotes" },
    { "{ type = 5; }", ":2: a layer needs a type in quotes" },
    { "{ type = \"linaer\"; }", ":2: there is no type 'linaer', did you mean 'linear'?" },
    { "{ type = \"attention\"; }", ":2: there is no type 'attention'; docs/graph.md has them all" },
    { "{ type = \"a\\nb\"; }", ":2: there is no type 'a?b'" },
    /* keys */
    { FLAT "\n{ type = \"linear\"; out = 5; stride = 2; }, " LAST,
      ":3: linear has no key 'stride'; its own are out, bias" },
    { "{ type = \"conv\"; out = 5;\n kernle = 3; }", ":3: conv has no key 'kernle', did you mean 'kernel'?" },
    { "{ type = \"conv\"; out = 5;\n nmae = \"a\"; }", ":3: conv has no key 'nmae', did you mean 'name'?" },
    { "{ type = \"relu\"; out = 5; }", ":2: relu has no key 'out'" },
    { "{ type = \"conv\"; out = 5; kernel = 0; }", ":2: conv: kernel must be an integer from 1 to 65536" },
    { "{ type = \"conv\"; out = 5; kernel = 3.0; }", ":2: conv: kernel must be an integer from 1 to 65536" },
    { "{ type = \"conv\"; out = 5; kernel = \"3\"; }", ":2: conv: kernel must be an integer" },
    { "{ type = \"conv\"; out = 5; kernel = [3, 3]; }", ":2: conv: kernel must be an integer" },
    { "{ type = \"conv\"; out = 0; }", ":2: conv: out must be \"classes\" or an integer from 1 to "
      "2147483647" },
    { "{ type = \"conv\"; out = \"class\"; }", "out must be \"classes\" or an integer" },
    { "{ type = \"conv\"; out = 5; bias = 1; }", ":2: conv: bias must be true or false" },
    { "{ type = \"conv\"; out = 5; name = 1; }", ":2: conv: name must be a word in quotes" },
    { "{ type = \"conv\"; out = 5; name = \"\"; }", ":2: conv: name must be a word in quotes" },
    { "{ type = \"dropout\"; rate = 1; }", ":2: dropout: rate must be a number from 0 to 0.999" },
    { "{ type = \"batch_norm\"; eps = \"x\"; }", ":2: batch_norm: eps must be a number from 1e-12 to 1" },
    { CONV LAST, ":2: fc1: its input has 3 dimensions, it takes 1 (what it takes is 4 x 32 x 32)" },
    { FLAT "{ type = \"linear\"; }, " LAST, ":2: linear needs an out; only the network's last layer may "
      "leave it away" },
    { FLAT "{ layers = ( { type = \"linear\"; } ); }, " LAST, ":2: linear needs an out" },
    { FLAT "{ repeat = 2; layers = ( { type = \"linear\"; } ); }", ":2: linear needs an out" },
    { FLAT FC(5) "{ type = \"relu\"; role = \"shortcut\"; }, " LAST, ":2: relu has no parameters" },
    { FLAT "{ type = \"linear\"; out = 5; name = \"a\"; role = \"short\"; }, " LAST,
      ":2: linear 'a': there is no role 'short'" },
    /* names */
    { FLAT "{ type = \"linear\"; out = 5; name = \"a b\"; }, " LAST, ":2: 'a b' cannot be a name" },
    { FLAT "{ type = \"linear\"; out = 5; name = \"input\"; }, " LAST, "'input' cannot be a name" },
    { FLAT "{ type = \"linear\"; out = 5; name = \"a\"; },\n{ type = \"linear\"; name = \"a\"; }",
      ":3: the name 'a' is taken, by line 2" },
    { FLAT "{ type = \"linear\"; out = 5; name = \"fc2\"; },\n" LAST,
      ":3: the name 'fc2' is taken, by line 2" },
    { FLAT "{ type = \"linear\"; out = 5; as = \"a\"; name = \"a\"; },\n" LAST,
      "the name 'a' is taken, by line 2" },
    { FLAT "{ repeat = 2; layers = ( " FC(4) RELU " ); },\n{ repeat = 2; layers = ( " FC(4) RELU " ); }, "
      LAST,
      ":3: the name '0.fc1' is taken, by line 2" },
    { FLAT "{ type = \"linear\"; out = 5; in = \"a\"; }, " LAST,
      ":2: linear takes 'a', but nothing above it has that name" },
    { FLAT FC(5) "\n{ type = \"linear\"; in = \"fc11\"; }", ":3: linear takes 'fc11', but nothing above it "
      "has that name, "
      "did you mean 'fc1'?" },
    { FLAT "{ type = \"linear\"; out = 5; in = \"later\"; },\n{ type = \"linear\"; name = \"later\"; }",
      ":2: linear takes 'later', which line 3 makes: a layer takes only what stands above it" },
    { "{ type = \"relu\"; name = \"me\"; in = \"me\"; }, " FLAT LAST,
      ":2: relu 'me' takes 'me', which line 2 makes" },
    { "{ type = \"relu\"; as = \"me\"; in = [\"me\"]; }, " FLAT LAST,
      ":2: relu takes 'me', which line 2 makes" },
    { "{ name = \"b\"; in = \"b\"; layers = ( " RELU " ); }, " FLAT LAST,
      ":2: block 'b' takes 'b', which line 2 makes" },
    { FLAT FC(5) RELU ", { type = \"linear\"; in = \"relu1\"; }",
      ":2: linear takes 'relu1', but nothing above" },
    { FLAT "{ name = \"b\"; layers = ( " FC(5) RELU " ); }, { type = \"linear\"; in = \"fc1\"; }",
      "takes 'fc1', but nothing" },
    { "{ type = \"relu\"; in = 3; }", ":2: relu: in must be a name in quotes, or several in [ ]" },
    { "{ type = \"relu\"; in = { }; }", ":2: relu: in must be a name" },
    { "{ type = \"relu\"; in = [ ]; }", ":2: relu takes 1 value, named by in = [\"...\", \"...\"], but has "
      "0" },
    { "{ type = \"relu\"; in = [\"input\", \"input\"]; }", "relu takes 1 value, named by" },
    { "{ type = \"add\"; }", ":2: add takes 2 values, named by in = [\"...\", \"...\"], but has 1" },
    { "{ type = \"add\"; in = [\"input\", 1]; }", ":2: what stands in [ ] must be of one type" },
    { "{ type = \"add\"; in = (\"input\", 1); }", ":2: add: in must be a name in quotes" },
    /* shapes */
    { "{ type = \"conv\"; out = 3; kernel = 50; name = \"c\"; }",
      ":2: c: its input is smaller than its window (what it takes "
      "is 3 x 32 x 32)" },
    { CONV "\n{ name = \"b\"; repeat = 2; layers = (\n{ type = \"conv\"; out = 5; pad = 1; },\n{ type = "
      "\"add\"; in = [\"conv1\", "
      "\"input\"]; } ); }", ":5: b.0.add1: its inputs differ in shape" },
    { "{ type = \"conv\"; out = 4; groups = 2; }", ":2: conv1: a weight of" },
    { "{ type = \"conv\"; out = 4; groups = 8; }", ":2: conv1.weight: a shape has" },
    { "{ type = \"conv\"; out = 2147483647; }", "a shape has 1 to 4 dimensions" },
    { "{ type = \"max_pool\"; pad = 2; }", "pad at most half the size" },
    { FLAT "{ type = \"linear\"; out = 5; }", ":2: the last layer makes 5, but the network must end in one "
      "value for each of "
      "10 classes" },
    { CONV "\n" RELU, ":3: the last layer makes 4 x 32 x 32, but" },
    { FLAT FC(5) "\n{ type = \"relu\"; },\n{ type = \"linear\"; in = \"fc1\"; }",
      ":3: no layer takes what this one makes" },
    /* blocks */
    { "{ layers = ( ); }", ":2: layers must be a list" },
    { "{ layers = [ ]; }", ":2: layers must be a list" },
    { "{ layers = ( " RELU " ); type = \"relu\"; }", ":2: block has both layers and a type" },
    { "{ layers = ( " RELU " ); repeat = 0; }", ":2: block: repeat must be an integer from 1 to 4096" },
    { "{ layers = ( " RELU " ); first = 2; }", ":2: block: first numbers repetitions" },
    { "{ layers = ( " RELU " ); reepat = 2; }", ":2: block has no key 'reepat', did you mean 'repeat'?" },
    { "{ repeat = 4096; layers = ( { repeat = 4096; layers = ( { repeat = 4096; layers = ( " RELU " ); } ); "
      "} ); }, " FLAT LAST,
      ":2: the network has more than 4096 layers" },
    /* what libconfig would misread, or say badly */
    { "{ type = \"conv\"; out = 4294967300; }", ":2: 4294967300 is too large: integers are at most "
      "2147483647" },
    { "{ type = \"conv\"; out = 4294967300L; }", ":2: 4294967300 is too large" },
    { "{ type = \"conv\"; out = 99999999999999999999999999999; }",
      ":2: 999999999999999999999999... is too large" },
    { "{ type = \"conv\"; out = 0xFFFFFFFF; }", ":2: 0xFFFFFFFF is too large" },
    { "{ type = \"conv\"; out = -4294967291; }", ":2: -4294967291 is too large" },
    { "@include \"other.net\"", ":2: @ means nothing here: a description is one file, without @include" },
    { "{ type = \"relu\"; }\n@include \"/tmp\"", ":3: @ means nothing here" },
    { "{ type = \"relu; }", ":2: a string begins that never ends" },
    { "/* { type = \"relu\"; }", ":2: a comment begins that never ends" },
    { "{ type = \"relu\"; \"x\" }", ":2: a string stands where none may" },
    { "{ type = \"relu\", \"x\" }", ":2: a string stands where none may" },
    { "{ type = \"relu\"; }\n \"x\"", ":3: a string stands where none may" },
    { "{ type = \"relu\"; ", ":3: ')' stands here, but the '{' of line 2 is still open" },
    { "!layers = ( { type = \"relu\"; },\n { type = \"relu\"; }\n\n", ":1: '(' is never closed" },
    { "!layers = ( { type = \"relu\"; } ) ); ", ":1: ')' closes nothing that is open" },
    { "{ type = \"relu\"; }\n{ type = \"relu\"; }", ":3: this, or what stands just before it, is not as it "
      "must be" },
    { "{ type = \"relu\"; },", ":3: this, or what stands just before it, is not as it must be" },
    { "{ type = \"relu\";\n type = \"conv\"; }", ":3: a key is set twice in one group" },
};

static bool refused(const char *text, const char *says)
{
    lt_text t = { 0 };
    lt_graph g;
    ltc_error err;
    char whole[600];
    lt_text_add(&t, *text == '!' ? "%s" : "layers = (\n%s\n);\n", text + (*text == '!'));
    rig_put(t.s, t.n);
    lt_text_free(&t);
    snprintf(whole, sizeof whole, "%s%s", rig_file, *says == ':' ? says : "");
    const bool failed = rig_build_file(rig_file, &g, &err) == LTC_EOPTION;
    const bool said = strstr(err.message, says) && !strncmp(err.message, whole, strlen(whole));
    if (!failed || !said || strcmp(err.option, "arch.file"))
        printf("\n  %s\n  expected '%s', got '%s'", text, says, err.message);
    lt_graph_free(&g);
    return failed && said && !strcmp(err.option, "arch.file");
}

static void bad_ones_are_refused_with_file_line_and_remedy(void)
{
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CU_ASSERT(refused(bad[i].text, bad[i].says));
}

static void blocks_stand_at_most_fifteen_deep(void)
{
    lt_text t = { 0 };
    for (int depth = 15; depth <= 16; depth++) {
        for (int i = 0; i < depth; i++)
            lt_text_add(&t, "{ name = \"b\"; repeat = 1; layers = ( ");
        lt_text_add(&t, FLAT "{ type = \"linear\"; out = 5; }");
        for (int i = 0; i < depth; i++)
            lt_text_add(&t, " ); }");
        lt_text_add(&t, ", " LAST);
        if (depth == 15) {
            lt_text built_text = rig_text_of_layers(t.s);
            lt_text_free(&built_text);
        } else {
            CU_ASSERT(refused(t.s, ":2: block 'b' stands more than 15 blocks deep"));
        }
        lt_text_free(&t);
    }
}

static void a_file_that_is_no_text_is_refused(void)
{
    static const char nul[] = "layers = (\0);";
    char *huge = malloc((1 << 20) + 1), pipe_path[80];
    lt_graph g;
    ltc_error err;
    CU_ASSERT_FATAL(huge != NULL);
    memset(huge, ' ', (1 << 20) + 1);
    snprintf(pipe_path, sizeof pipe_path, "%s/pipe", rig_directory);
    CU_ASSERT_FATAL(mkfifo(pipe_path, 0600) == 0);
    CU_ASSERT(rig_build_file("/nowhere/a.net", &g, &err) == LTC_EOPTION);
    CU_ASSERT_STRING_EQUAL(err.message, "/nowhere/a.net: cannot be read: No such file or directory");
    CU_ASSERT(rig_build_file(rig_directory, &g, &err) == LTC_EOPTION);
    CU_ASSERT(strstr(err.message, ": is a directory, not a file") != NULL);
    CU_ASSERT(rig_build_file(pipe_path, &g, &err) == LTC_EOPTION);
    CU_ASSERT(strstr(err.message, ": is a device or a pipe, not a file") != NULL);
    rig_put(nul, sizeof nul);
    CU_ASSERT(rig_build_file(rig_file, &g, &err) == LTC_EOPTION && strstr(err.message,
    "a NUL byte"));
    rig_put(huge, (1 << 20) + 1);
    CU_ASSERT(rig_build_file(rig_file, &g, &err) == LTC_EOPTION && strstr(err.message,
    "is larger than 1 MiB"));
    rig_put(huge, 1 << 20);
    CU_ASSERT(rig_build_file(rig_file, &g, &err) == LTC_EOPTION && strstr(err.message,
    "has no layers"));
    unlink(pipe_path);
    free(huge);
}

/* 0: there is a network, or one sentence that names the file. */
static int survives(const char *text, size_t n)
{
    lt_graph g;
    ltc_error err;
    rig_put(text, n);
    const ltc_status st = rig_build_file(rig_file, &g, &err);
    bool fine = !st || !strncmp(err.message, rig_file, strlen(rig_file));
    for (const char *c = err.message; *c; c++)
        fine = fine && *c >= ' ' && *c <= '~';
    if (!fine)
        fprintf(stderr, "%.*s\n%s\n", (int)n, text, err.message);
    lt_graph_free(&g);
    return fine ? 0 : 1;
}

static int every_beginning(void *arg)
{
    const lt_text *t = arg;
    int failed = 0;
    for (size_t n = 0; n < t->n && !failed; n++)
        failed = survives(t->s, n);
    return failed;
}

/* A few bytes changed at a time: to any, to one that means something, to one of the same text. */
static int many_mutations(void *arg)
{
    static const char meaning[] = "(){}[]\"=:;,@#/*.-+L09e\\ \n";
    const lt_text *t = arg;
    const ltc_key key = { 20, 0 };
    uint64_t draw = 0;
    int failed = 0;
    char *copy = malloc(t->n);
    for (int i = 0; copy && i < 3000 && !failed; i++) {
        memcpy(copy, t->s, t->n);
        for (uint32_t k = 0; k < 1 + (uint32_t)i % 4; k++) {
            const char from[3] = {
                (char)ltc_rand_below(key, draw, 256),
                meaning[ltc_rand_below(key, draw + 1, sizeof meaning - 1)],
                t->s[ltc_rand_below(key, draw + 2, (uint32_t)t->n)],
            };
            copy[ltc_rand_below(key, draw + 3, (uint32_t)t->n)] = from[ltc_rand_below(key, draw + 4, 3)];
            draw += 5;
        }
        failed = survives(copy, t->n);
    }
    failed |= !copy;
    free(copy);
    return failed;
}

static int noise(void *arg)
{
    char bytes[64];
    int failed = 0;
    (void)arg;
    for (uint64_t i = 0; i < 1000 && !failed; i++) {
        for (uint64_t k = 0; k < sizeof bytes; k++)
            bytes[k] = (char)ltc_rand_below((ltc_key){ 21, i }, k, 256);
        failed = survives(bytes, sizeof bytes);
    }
    return failed;
}

static void whatever_the_file_holds_there_is_a_network_or_one_sentence(void)
{
    lt_text small = { 0 };
    ltc_error err;
    static char said[4096];
    lt_text all = { .s = (char *)(uintptr_t)rig_all_operations, .n = strlen(rig_all_operations) };
    CU_ASSERT_FATAL(!lt_file_read(TEST_SOURCE_DIR "/../etc/nets/small.net", &small, &err));
    const struct { int (*run)(void *); void *arg; } trial[] = {
        { every_beginning, &small }, { every_beginning, &all },
        { many_mutations, &small },  { many_mutations, &all },
        { noise, NULL },
    };
    rig_built("graph");
    for (size_t i = 0; i < sizeof trial / sizeof trial[0]; i++) {
        CU_ASSERT_EQUAL(lt_in_child(trial[i].run, trial[i].arg, said, sizeof said), 0);
        if (said[0])
            printf("\n%s", said);
    }
    lt_text_free(&small);
}

int main(void)
{
    static const lt_test claims[] = {
        { "bad ones are refused with file, line and remedy", bad_ones_are_refused_with_file_line_and_remedy },
        { "blocks stand at most fifteen deep", blocks_stand_at_most_fifteen_deep },
        { "a file that is no text is refused", a_file_that_is_no_text_is_refused },
        { "whatever the file holds, there is a network or one sentence",
          whatever_the_file_holds_there_is_a_network_or_one_sentence },
    };
    if (!rig_open())
        return 1;
    const int code = lt_suite_run("arch_graph_bad", claims, sizeof claims / sizeof claims[0]);
    rig_close();
    return code;
}
