'use strict';
(function (root) {
  const django = root.django || (root.django = {});
  const separator = '\x04';

  // [plural]
  django.catalog = Object.assign(django.catalog || {}, /* catalog */);

  if (django.jsi18n_initialized) {
    return;
  }
  django.jsi18n_initialized = true;
  django.formats = /* formats */;

  const known = (key) => Object.prototype.hasOwnProperty.call(django.catalog, key);

  django.gettext = (message) => {
    if (!known(message)) {
      return message;
    }
    const found = django.catalog[message];
    return Array.isArray(found) ? found[0] : found;
  };

  django.ngettext = (singular, plural, count) => {
    if (!known(singular)) {
      return count == 1 ? singular : plural;
    }
    const found = django.catalog[singular];
    return Array.isArray(found) ? found[django.pluralidx(count)] : found;
  };

  django.gettext_noop = (message) => message;

  django.pgettext = (context, message) => {
    const key = context + separator + message;
    return known(key) ? django.gettext(key) : message;
  };

  django.npgettext = (context, singular, plural, count) => {
    const key = context + separator + singular;
    return known(key)
      ? django.ngettext(key, plural, count)
      : django.ngettext(singular, plural, count);
  };

  django.interpolate = (text, values, named) => {
    if (named) {
      return text.replace(/%\((\w+)\)s/g, (match, name) => String(values[name]));
    }
    const left = Array.from(values);
    return text.replace(/%s/g, () => String(left.shift()));
  };

  django.get_format = (name) => (name in django.formats ? django.formats[name] : name);

  for (const name of [
    'gettext', 'gettext_noop', 'get_format', 'interpolate', 'ngettext', 'npgettext', 'pgettext', 'pluralidx',
  ]) {
    root[name] = django[name];
  }
})(this);
