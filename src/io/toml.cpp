/* SPDX-License-Identifier: MIT */
/* TOML by toml++, since Debian has no TOML library for C (docs/design/exchange.md). No exception leaves
 * this file; out of memory aborts, as everywhere. */
#include "io/toml.h"

#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string>

/* From its header: the packaged library reads TOML 1.0 only, and pixi's files have what 1.1 adds, above
 * all line breaks in inline tables. */
#define TOML_HEADER_ONLY                1
#define TOML_ENABLE_UNRELEASED_FEATURES 1
/* A malformed text can break what the library asserts. Then it must end as any other mistake does: not
 * by abort(), and not by an assumption that does not hold, as with NDEBUG. */
namespace
{

struct broken_assertion {
};

[[noreturn]] void break_assertion()
{
	throw broken_assertion();
}

} /* namespace */

#undef NDEBUG
#define TOML_ASSERT(expr)                                                                          \
	do {                                                                                       \
		if (!(expr))                                                                       \
			break_assertion();                                                         \
	} while (0)
#include <toml++/toml.h>

extern "C" {
#include "base/error.h"
#include "ccenv/ccenv.h"
}

namespace
{

constexpr std::size_t bytes_max = 4 << 20;
constexpr int depth_max = 48;

/*
 * What the library must not see. It makes a table for each part of a dotted key, and takes tables of
 * tables down by recursion: a key of a million dots would end the stack. And what it asks of characters
 * beyond ASCII outside of strings is undefined for some (U+FB26 to U+FEFE); TOML 1.0 has none there.
 */
class Scan
{
      public:
	explicit Scan(std::string_view text) : text_(text)
	{
		if (text_.substr(0, 3) == "\xEF\xBB\xBF")
			at_ = 3;
	}

	/* What is wrong; NULL if nothing is. */
	const char *fault()
	{
		while (at_ < text_.size()) {
			const char c = text_[at_];

			if (c == '"' || c == '\'') {
				skip_string(c);
				continue;
			}
			if (c == '#')
				skip_to_newline();
			else if (c == '.')
				dots_++;
			else if (c == '\n' || c == '=' || c == ',' || c == '{' || c == '[')
				dots_ = 0;
			if (dots_ > depth_max)
				return "a key with more than 48 dots";
			if (is_beyond_ascii(c))
				return "a character outside of strings and comments that is not ASCII";
			at_++;
		}
		return bad_escape_ ? "an escape of a character that is not ASCII" : nullptr;
	}

      private:
	static bool is_beyond_ascii(char c)
	{
		return (static_cast<unsigned char>(c) & 0x80) != 0;
	}

	/* The character after a backslash. */
	void skip_escaped(std::size_t &at)
	{
		at++;
		bad_escape_ = bad_escape_ || (at < text_.size() && is_beyond_ascii(text_[at]));
	}

	void skip_to_newline()
	{
		while (at_ + 1 < text_.size() && text_[at_ + 1] != '\n')
			at_++;
	}

	void skip_string(char quote)
	{
		const std::string three(3, quote);

		if (text_.substr(at_, 3) == three) {
			const std::size_t end = find_end(at_ + 3, three, quote == '"');

			at_ = end == std::string_view::npos ? text_.size() : end + 3;
			return;
		}
		for (at_++; at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n'; at_++)
			if (quote == '"' && text_[at_] == '\\')
				skip_escaped(at_);
		at_++;
	}

	std::size_t find_end(std::size_t from, const std::string &three, bool escapes)
	{
		for (std::size_t i = from; i < text_.size(); i++) {
			if (escapes && text_[i] == '\\')
				skip_escaped(i);
			else if (text_.substr(i, 3) == three)
				return i;
		}
		return std::string_view::npos;
	}

	std::string_view text_;
	std::size_t at_ = 0;
	int dots_ = 0;
	bool bad_escape_ = false;
};

/* A new reference, or NULL with `why` set. */
json_t *convert(const toml::node &node, int depth, const char *&why);

json_t *convert_table(const toml::table &table, int depth, const char *&why)
{
	json_t *object = json_object();

	for (const auto &[key, value] : table) {
		json_t *member = convert(value, depth + 1, why);

		if (std::strlen(key.data()) != key.length())
			why = "NUL in a key";
		if (!member || why || json_object_set_new(object, key.data(), member) < 0) {
			if (!why)
				why = "a key that is not UTF-8";
			json_decref(object);
			return nullptr;
		}
	}
	return object;
}

json_t *convert_array(const toml::array &array, int depth, const char *&why)
{
	json_t *list = json_array();

	for (const auto &value : array) {
		json_t *item = convert(value, depth + 1, why);

		if (!item) {
			json_decref(list);
			return nullptr;
		}
		json_array_append_new(list, item);
	}
	return list;
}

json_t *convert_string(const std::string &text, const char *&why)
{
	if (text.find('\0') != std::string::npos) {
		why = "NUL in a string";
		return nullptr;
	}
	json_t *s = json_stringn(text.data(), text.size());

	if (!s)
		why = "a string that is not UTF-8";
	return s;
}

template <typename T> json_t *convert_text_of(const T &value, const char *&why)
{
	std::ostringstream out;

	out << value;
	return convert_string(out.str(), why);
}

json_t *convert(const toml::node &node, int depth, const char *&why)
{
	if (depth >= depth_max) {
		why = "nested too deeply";
		return nullptr;
	}
	switch (node.type()) {
	case toml::node_type::table:
		return convert_table(*node.as_table(), depth, why);
	case toml::node_type::array:
		return convert_array(*node.as_array(), depth, why);
	case toml::node_type::string:
		return convert_string(node.as_string()->get(), why);
	case toml::node_type::integer:
		return json_integer(node.as_integer()->get());
	case toml::node_type::floating_point:
		return convert_text_of(node.as_floating_point()->get(), why);
	case toml::node_type::boolean:
		return json_boolean(node.as_boolean()->get());
	case toml::node_type::date:
		return convert_text_of(node.as_date()->get(), why);
	case toml::node_type::time:
		return convert_text_of(node.as_time()->get(), why);
	case toml::node_type::date_time:
		return convert_text_of(node.as_date_time()->get(), why);
	case toml::node_type::none:
		break;
	}
	why = "a value of an unknown type";
	return nullptr;
}

int parse(std::string_view text, json_t **ret, struct ccenv_error *err)
{
	const char *why = nullptr;

	if (text.size() > bytes_max)
		return ce_fail(err, CCENV_EDATA, "larger than %zu bytes", bytes_max);
	why = Scan(text).fault();
	if (why)
		return ce_fail(err, CCENV_EDATA, "%s", why);
	const toml::table table = toml::parse(text);
	json_t *tree = convert(table, 0, why);

	if (!tree)
		return ce_fail(err, CCENV_EDATA, "%s", why);
	*ret = tree;
	return 0;
}

} /* namespace */

int ce_toml_parse(const char *text, size_t len, json_t **ret, struct ccenv_error *err)
{
	try {
		return parse(std::string_view(text, len), ret, err);
	} catch (const toml::parse_error &e) {
		return ce_fail(err, CCENV_EDATA, "line %u, column %u: %.200s",
			static_cast<unsigned>(e.source().begin.line),
			static_cast<unsigned>(e.source().begin.column),
			std::string(e.description()).c_str());
	} catch (const broken_assertion &) {
		return ce_fail(err, CCENV_EDATA, "malformed TOML");
	} catch (...) {
		/* Out of memory, the one failure that is left. */
		std::abort();
	}
}
