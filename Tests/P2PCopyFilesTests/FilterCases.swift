/// What rsync 3.5.0 leaves out of a small tree, found out with `--dry-run` for each pattern.
enum FilterCases {
  /// The tree: directories end with `/`.
  static let tree = [
    "!", "*star", "-", ".hidden", "1", "A", "Zed", "[:digit:]", "]", "^", "a", "a b", "a.txt", "ab", "b/", "b/a",
    "b/c/", "b/c/a", "b/c/d.txt", "b/c/x y", "b[1]", "back\\slash", "bar/", "bar/f", "d1/", "d1/e", "d10/", "d10/e",
    "d2/", "d2/e", "dash-", "deep/", "deep/a/", "deep/a/a/", "deep/a/a/a/", "deep/a/a/a/a/", "deep/a/a/a/a/b", "dir/",
    "dir/in/", "dir/in/deep/", "dir/in/deep/file", "file.tar.gz", "fo/", "fo/o", "foo/", "foo/bar/", "foo/bar/baz",
    "foo/bar/qux.o", "foo2/", "foo2/a/", "foo2/a/b/", "foo2/a/b/foo", "q/", "q2/", "q2/q/", "sub/", "sub/.hidden",
    "tab\tname", "x/", "x/bar", "x/dir/", "x/dir/in/", "x/dir/in/f", "x/foo/", "x/foo/bar/", "x/foo/bar/baz", "x1y",
    "z/", "z/foo", "é",
  ]

  /// An exclude pattern, and what it leaves out: of directories only themselves, not what is in them.
  static let patterns: [(pattern: String, leftOut: [String])] = [
    ("a", ["a", "b/a", "b/c/a", "deep/a", "foo2/a"]),
    ("/a", ["a"]),
    ("a/", ["deep/a", "foo2/a"]),
    ("b/", ["b", "foo2/a/b"]),
    ("*.txt", ["a.txt", "b/c/d.txt"]),
    ("/*.txt", ["a.txt"]),
    ("**.txt", ["a.txt", "b/c/d.txt"]),
    ("b/*.txt", []),
    ("b/**.txt", ["b/c/d.txt"]),
    ("/b/**", ["b/a", "b/c"]),
    ("b/**", ["b/a", "b/c", "foo2/a/b/foo"]),
    ("b/***", ["b", "foo2/a/b"]),
    ("/b/***", ["b"]),
    ("**/a", ["a", "b/a", "b/c/a", "deep/a", "foo2/a"]),
    ("**/foo", ["foo", "foo2/a/b/foo", "x/foo", "z/foo"]),
    ("foo/**/baz", ["foo/bar/baz", "x/foo/bar/baz"]),
    ("foo/bar", ["foo/bar", "x/foo/bar"]),
    ("bar/baz", ["foo/bar/baz", "x/foo/bar/baz"]),
    ("/foo/bar/", ["foo/bar"]),
    ("foo/bar/baz", ["foo/bar/baz", "x/foo/bar/baz"]),
    ("x/*/bar", ["x/foo/bar"]),
    ("x/**/baz", ["x/foo/bar/baz"]),
    (
      "?",
      [
        "!", "-", "1", "A", "]", "^", "a", "b", "bar/f", "d1/e", "d10/e", "d2/e", "deep/a", "fo/o", "foo2/a", "q",
        "q2/q", "x", "z",
      ]
    ),
    ("??", ["ab", "d1", "d2", "dir/in", "fo", "q2", "x/dir/in", "é"]),
    ("a?", ["ab"]),
    ("d[12]", ["d1", "d2"]),
    ("d[0-9]", ["d1", "d2"]),
    ("d[0-9]*", ["d1", "d10", "d2"]),
    ("[[:digit:]]", ["1"]),
    ("x[[:digit:]]y", ["x1y"]),
    ("[![:alpha:]]", ["!", "-", "1", "]", "^"]),
    ("[^a-z]", ["!", "-", "1", "A", "]", "^"]),
    ("[!a-z]", ["!", "-", "1", "A", "]", "^"]),
    ("[]]", ["]"]),
    (
      "[!]]*",
      [
        "!", "*star", "-", ".hidden", "1", "A", "Zed", "[:digit:]", "^", "a", "a b", "a.txt", "ab", "b", "b[1]",
        "back\\slash", "bar", "d1", "d10", "d2", "dash-", "deep", "dir", "file.tar.gz", "fo", "foo", "foo2", "q", "q2",
        "sub", "tab\tname", "x", "x1y", "z", "é",
      ]
    ),
    ("[]-]", ["-", "]"]),
    ("[-]", ["-"]),
    ("dash[-]", ["dash-"]),
    ("\\*star", ["*star"]),
    ("\\*sta?", ["*star"]),
    ("*star", ["*star"]),
    ("b\\[1]", ["b[1]"]),
    ("b[[]1]", ["b[1]"]),
    ("b[", []),
    ("[", []),
    ("[[:bogus:]]", []),
    ("[[:digit]*", ["[:digit:]", "b/c/d.txt", "d1", "d10", "d2", "dash-", "deep", "dir", "tab\tname", "x/dir"]),
    ("[a-]", ["-", "a", "b/a", "b/c/a", "deep/a", "foo2/a"]),
    ("[z-a]", ["z"]),
    ("back\\slash", ["back\\slash"]),
    ("back\\\\slash", []),
    ("back\\\\*", ["back\\slash"]),
    ("back\\*", []),
    ("a\\", []),
    ("a*\\", []),
    (
      "***",
      [
        "!", "*star", "-", ".hidden", "1", "A", "Zed", "[:digit:]", "]", "^", "a", "a b", "a.txt", "ab", "b", "b[1]",
        "back\\slash", "bar", "d1", "d10", "d2", "dash-", "deep", "dir", "file.tar.gz", "fo", "foo", "foo2", "q", "q2",
        "sub", "tab\tname", "x", "x1y", "z", "é",
      ]
    ),
    (
      "**",
      [
        "!", "*star", "-", ".hidden", "1", "A", "Zed", "[:digit:]", "]", "^", "a", "a b", "a.txt", "ab", "b", "b[1]",
        "back\\slash", "bar", "d1", "d10", "d2", "dash-", "deep", "dir", "file.tar.gz", "fo", "foo", "foo2", "q", "q2",
        "sub", "tab\tname", "x", "x1y", "z", "é",
      ]
    ),
    (
      "*",
      [
        "!", "*star", "-", ".hidden", "1", "A", "Zed", "[:digit:]", "]", "^", "a", "a b", "a.txt", "ab", "b", "b[1]",
        "back\\slash", "bar", "d1", "d10", "d2", "dash-", "deep", "dir", "file.tar.gz", "fo", "foo", "foo2", "q", "q2",
        "sub", "tab\tname", "x", "x1y", "z", "é",
      ]
    ),
    ("*/", ["b", "bar", "d1", "d10", "d2", "deep", "dir", "fo", "foo", "foo2", "q", "q2", "sub", "x", "z"]),
    (
      "/*",
      [
        "!", "*star", "-", ".hidden", "1", "A", "Zed", "[:digit:]", "]", "^", "a", "a b", "a.txt", "ab", "b", "b[1]",
        "back\\slash", "bar", "d1", "d10", "d2", "dash-", "deep", "dir", "file.tar.gz", "fo", "foo", "foo2", "q", "q2",
        "sub", "tab\tname", "x", "x1y", "z", "é",
      ]
    ),
    ("/*/", ["b", "bar", "d1", "d10", "d2", "deep", "dir", "fo", "foo", "foo2", "q", "q2", "sub", "x", "z"]),
    (
      "*/*",
      [
        "b/a", "b/c", "bar/f", "d1/e", "d10/e", "d2/e", "deep/a", "dir/in", "fo/o", "foo/bar", "foo2/a", "q2/q",
        "sub/.hidden", "x/bar", "x/dir", "x/foo", "z/foo",
      ]
    ),
    (
      "/*/*",
      [
        "b/a", "b/c", "bar/f", "d1/e", "d10/e", "d2/e", "deep/a", "dir/in", "fo/o", "foo/bar", "foo2/a", "q2/q",
        "sub/.hidden", "x/bar", "x/dir", "x/foo", "z/foo",
      ]
    ),
    ("*/a", ["b/a", "b/c/a", "deep/a", "foo2/a"]),
    ("*/c/*", ["b/c/a", "b/c/d.txt", "b/c/x y"]),
    ("b/c", ["b/c"]),
    ("c/a", ["b/c/a"]),
    ("b/*/a", ["b/c/a"]),
    (
      "**a**",
      [
        "*star", "a", "a b", "a.txt", "ab", "b/a", "b/c/a", "back\\slash", "bar", "dash-", "deep/a", "file.tar.gz",
        "foo/bar", "foo2/a", "tab\tname", "x/bar", "x/foo/bar",
      ]
    ),
    ("/**/a", ["b/a", "b/c/a", "deep/a", "foo2/a"]),
    ("foo*/", ["foo", "foo2", "x/foo"]),
    ("*/foo", ["foo2/a/b/foo", "x/foo", "z/foo"]),
    ("/foo", ["foo"]),
    ("foo", ["foo", "foo2/a/b/foo", "x/foo", "z/foo"]),
    ("/foo/**", ["foo/bar"]),
    ("dir/***", ["dir", "x/dir"]),
    ("/dir/***", ["dir"]),
    ("dir/**", ["dir/in", "x/dir/in"]),
    ("in/***", ["dir/in", "x/dir/in"]),
    ("/x/***", ["x"]),
    ("***/dir", ["dir", "x/dir"]),
    ("q", ["q", "q2/q"]),
    ("q/", ["q", "q2/q"]),
    ("/q/", ["q"]),
    ("**/q/", ["q", "q2/q"]),
    ("**/", ["b", "bar", "d1", "d10", "d2", "deep", "dir", "fo", "foo", "foo2", "q", "q2", "sub", "x", "z"]),
    ("b/c/", ["b/c"]),
    ("[[:upper:]]*", ["A", "Zed"]),
    ("[[:upper:]]", ["A"]),
    ("[[:punct:]]", ["!", "-", "]", "^"]),
    ("[[:space:]]", []),
    ("*[[:space:]]*", ["a b", "b/c/x y", "tab\tname"]),
    ("*[[:blank:]]*", ["a b", "b/c/x y", "tab\tname"]),
    (
      "??*",
      [
        "*star", ".hidden", "Zed", "[:digit:]", "a b", "a.txt", "ab", "b/c/d.txt", "b/c/x y", "b[1]", "back\\slash",
        "bar", "d1", "d10", "d2", "dash-", "deep", "dir", "file.tar.gz", "fo", "foo", "foo2", "q2", "sub", "tab\tname",
        "x/bar", "x/dir", "x/foo", "x1y", "z/foo", "é",
      ]
    ),
    ("fo/o", ["fo/o"]),
    ("fo?o", []),
    ("fo*o", ["foo", "foo2/a/b/foo", "x/foo", "z/foo"]),
    ("fo**o", ["fo/o", "foo", "foo2/a/b/foo", "x/foo", "z/foo"]),
    ("fo[/]o", []),
    ("/a*", ["a", "a b", "a.txt", "ab"]),
    ("b**a", ["b/a", "b/c/a"]),
    ("**b**a", ["b/a", "b/c/a"]),
    ("deep/*a*/b", []),
    ("deep/**a/**b", ["deep/a/a/a/a/b"]),
    ("/deep/**/a/b", ["deep/a/a/a/a/b"]),
    ("a/a/b", ["deep/a/a/a/a/b"]),
    ("*/a/b", ["deep/a/a/a/a/b", "foo2/a/b"]),
    ("**/a/b", ["deep/a/a/a/a/b", "foo2/a/b"]),
    ("a/**/b", ["deep/a/a/a/a/b"]),
    (".hidden", [".hidden", "sub/.hidden"]),
    (".*", [".hidden", "sub/.hidden"]),
    ("/.*", [".hidden"]),
    ("*.gz", ["file.tar.gz"]),
    ("*.tar.gz", ["file.tar.gz"]),
    ("*.tar.*", ["file.tar.gz"]),
    ("[:digit:]", []),
    ("[[:digit:]", []),
    ("[\\]]", ["]"]),
    ("[\\!]", ["!"]),
    ("[a\\-c]", ["-", "a", "b/a", "b/c", "deep/a", "foo2/a"]),
    ("é", ["é"]),
    ("??z", ["foo/bar/baz", "x/foo/bar/baz"]),
    ("/", []),
    ("//a", []),
    ("a//b", []),
    ("b/c/**/", []),
    ("foo/bar/***", ["foo/bar", "x/foo/bar"]),
    ("**/bar/***", ["bar", "foo/bar", "x/foo/bar"]),
    ("bar/***", ["bar", "foo/bar", "x/foo/bar"]),
    ("x/**", ["x/bar", "x/dir", "x/foo"]),
    ("**/**/a", ["b/a", "b/c/a", "deep/a", "foo2/a"]),
    ("*a*a*", ["back\\slash", "tab\tname"]),
    ("[!/]", []),
    ("b[/]a", []),
    ("./a", []),
    ("/./a", []),
    ("foo/./bar", []),
    ("[[:xdigit:]]", ["1", "A", "a", "b", "bar/f", "d1/e", "d10/e", "d2/e", "deep/a", "foo2/a", "x/dir/in/f"]),
    (
      "[[:lower:]-]",
      ["-", "a", "b", "bar/f", "d1/e", "d10/e", "d2/e", "deep/a", "fo/o", "foo2/a", "q", "q2/q", "x", "z"]
    ),
    ("[a-c-e]", ["-", "a", "b", "d1/e", "d10/e", "d2/e", "deep/a", "foo2/a"]),
    ("[\\a-c]", ["a", "b", "deep/a", "foo2/a"]),
    (
      "?*?",
      [
        "*star", ".hidden", "Zed", "[:digit:]", "a b", "a.txt", "ab", "b/c/d.txt", "b/c/x y", "b[1]", "back\\slash",
        "bar", "d1", "d10", "d2", "dash-", "deep", "dir", "file.tar.gz", "fo", "foo", "foo2", "q2", "sub", "tab\tname",
        "x/bar", "x/dir", "x/foo", "x1y", "z/foo", "é",
      ]
    ),
    ("a**", ["a", "a b", "a.txt", "ab", "b/a", "b/c/a", "deep/a", "foo2/a"]),
    ("/a**", ["a", "a b", "a.txt", "ab"]),
    ("***a", ["a", "b/a", "b/c/a", "deep/a", "foo2/a"]),
    ("b/***/a", ["b/c/a"]),
  ]

  /// Rules in order, `+` or `-` and a pattern, and what they leave out together.
  static let sequences: [(rules: [String], leftOut: [String])] = [
    (
      ["+ *.txt", "- *"],
      [
        "!", "*star", "-", ".hidden", "1", "A", "Zed", "[:digit:]", "]", "^", "a", "a b", "ab", "b", "b[1]",
        "back\\slash", "bar", "d1", "d10", "d2", "dash-", "deep", "dir", "file.tar.gz", "fo", "foo", "foo2", "q", "q2",
        "sub", "tab\tname", "x", "x1y", "z", "é",
      ]
    ),
    (
      ["+ */", "+ *.txt", "- *"],
      [
        "!", "*star", "-", ".hidden", "1", "A", "Zed", "[:digit:]", "]", "^", "a", "a b", "ab", "b/a", "b/c/a",
        "b/c/x y", "b[1]", "back\\slash", "bar/f", "d1/e", "d10/e", "d2/e", "dash-", "deep/a/a/a/a/b",
        "dir/in/deep/file", "file.tar.gz", "fo/o", "foo/bar/baz", "foo/bar/qux.o", "foo2/a/b/foo", "sub/.hidden",
        "tab\tname", "x/bar", "x/dir/in/f", "x/foo/bar/baz", "x1y", "z/foo", "é",
      ]
    ),
    (
      ["+ /b/", "+ /b/c/", "- /b/c/*", "- /*"],
      [
        "!", "*star", "-", ".hidden", "1", "A", "Zed", "[:digit:]", "]", "^", "a", "a b", "a.txt", "ab", "b/c/a",
        "b/c/d.txt", "b/c/x y", "b[1]", "back\\slash", "bar", "d1", "d10", "d2", "dash-", "deep", "dir", "file.tar.gz",
        "fo", "foo", "foo2", "q", "q2", "sub", "tab\tname", "x", "x1y", "z", "é",
      ]
    ),
    (
      ["- *.o", "+ /foo/***", "- *"],
      [
        "!", "*star", "-", ".hidden", "1", "A", "Zed", "[:digit:]", "]", "^", "a", "a b", "a.txt", "ab", "b", "b[1]",
        "back\\slash", "bar", "d1", "d10", "d2", "dash-", "deep", "dir", "file.tar.gz", "fo", "foo/bar/qux.o", "foo2",
        "q", "q2", "sub", "tab\tname", "x", "x1y", "z", "é",
      ]
    ),
    (
      ["+ /foo/bar/", "+ *.o", "- *"],
      [
        "!", "*star", "-", ".hidden", "1", "A", "Zed", "[:digit:]", "]", "^", "a", "a b", "a.txt", "ab", "b", "b[1]",
        "back\\slash", "bar", "d1", "d10", "d2", "dash-", "deep", "dir", "file.tar.gz", "fo", "foo", "foo2", "q", "q2",
        "sub", "tab\tname", "x", "x1y", "z", "é",
      ]
    ),
    (
      ["+ a", "- [a-z]"],
      ["b", "bar/f", "d1/e", "d10/e", "d2/e", "deep/a/a/a/a/b", "fo/o", "foo2/a/b", "q", "q2/q", "x", "z"]
    ),
    (["- a", "+ a"], ["a", "b/a", "b/c/a", "deep/a", "foo2/a"]),
    (
      ["+ b/***", "- *"],
      [
        "!", "*star", "-", ".hidden", "1", "A", "Zed", "[:digit:]", "]", "^", "a", "a b", "a.txt", "ab", "b[1]",
        "back\\slash", "bar", "d1", "d10", "d2", "dash-", "deep", "dir", "file.tar.gz", "fo", "foo", "foo2", "q", "q2",
        "sub", "tab\tname", "x", "x1y", "z", "é",
      ]
    ),
    (["+ /dir/in/**", "- /dir/*", "- *.txt"], ["a.txt", "b/c/d.txt", "dir/in"]),
  ]
}
