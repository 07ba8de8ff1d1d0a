"""`_meta`, loading again, deferred columns, related managers (see `test_django_answers.py`)."""

from __future__ import annotations

import copy
import datetime
import pickle
from typing import Any

from side import models  # type: ignore

Q, F = models.Q, models.F
CASCADE = models.CASCADE


class Place(models.Model):
    name = models.CharField(max_length=20, unique=True)
    rank = models.IntegerField(default=3, choices=[(1, "one"), (3, "three")])

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Shop(Place):
    owner = models.ForeignKey("Owner", CASCADE, null=True, related_name="shops")
    goods = models.ManyToManyField("Good", related_name="shops")
    double = models.GeneratedField(
        expression=F("owner_id") * 2, output_field=models.IntegerField(null=True), db_persist=True
    )


class Kiosk(Shop):
    class Meta:
        proxy = True


class Owner(models.Model):
    name = models.CharField(max_length=20)
    born = models.DateField(default=datetime.date(2000, 1, 1))
    best = models.OneToOneField(Place, CASCADE, null=True, related_name="fan")
    hidden = models.ForeignKey(Place, CASCADE, null=True, related_name="+")
    named = models.ForeignKey(
        Place, CASCADE, to_field="name", null=True, related_name="named", db_constraint=False
    )

    class Meta:
        get_latest_by = "born"


class Good(models.Model):
    code = models.CharField(max_length=5, primary_key=True)
    near = models.ManyToManyField("self")
    after = models.ManyToManyField("self", symmetrical=False, related_name="before")


class Step(models.Model):
    owner = models.ForeignKey(Owner, CASCADE)
    text = models.CharField(max_length=5, blank=True)

    class Meta:
        order_with_respect_to = "owner"


class Pair(models.Model):
    pk = models.CompositePrimaryKey("a", "b")
    a = models.IntegerField()
    b = models.IntegerField()
    note = models.CharField(max_length=5, blank=True, default="n")


TABLES = [Place, Owner, Good, Shop, Step, Pair]
ALL = [*TABLES, Kiosk]


def fill() -> None:
    ann = Owner.objects.create(pk=1, name="Ann")
    bob = Owner.objects.create(pk=2, name="Bob", born=datetime.date(2001, 2, 3))
    for pk, name, owner in ((1, "x", ann), (2, "y", bob), (3, "z", None)):
        Shop.objects.create(pk=pk, id=pk, name=name, owner=owner)
    for code in "abc":
        Good.objects.create(code=code)
    Shop.objects.get(pk=1).goods.add("a", "b")
    ann.best_id = 1
    ann.named_id = "x"
    ann.save()
    for text in "pqr":
        Step.objects.create(owner=ann, text=text)
    Pair.objects.create(a=1, b=2)


def names(fields: Any) -> Any:
    return [field.name for field in fields]


def case_meta(show: Any) -> None:
    for model in ALL:
        opts = model._meta
        show(
            opts.label,
            opts.label_lower,
            str(opts),
            opts.verbose_name,
            str(opts.verbose_name_plural),
        )
        show(opts.db_table, opts.model_name, opts.object_name, opts.app_label, opts.pk.name)
        show(opts.ordering, opts.get_latest_by, opts.proxy, opts.managed, opts.abstract)
        show(opts.concrete_model, opts.proxy_for_model, list(opts.parents), opts.swapped)
        show(names(opts.fields), names(opts.concrete_fields), names(opts.many_to_many))
        show(names(opts.local_fields), names(opts.local_concrete_fields))
        show(names(opts.local_many_to_many), names(opts.private_fields), names(opts.pk_fields))
        show(sorted(r.name for r in opts.related_objects), opts.get_parent_list())
        for parents in (True, False):
            for hidden in (True, False):
                found = opts.get_fields(include_parents=parents, include_hidden=hidden)
                show(sorted(f"{f.name} {type(f).__name__}" for f in found))
        show(opts.is_composite_pk, names(opts.db_returning_fields), opts.default_manager.name)
        show(opts.base_manager.name, names(opts.managers), sorted(opts.managers_map))
        show(opts.original_attrs.keys() - {"app_label"}, opts.total_unique_constraints)
        show(sorted(opts._property_names), opts.auto_created, opts.default_related_name)
        for name in ("id", "pk", "owner", "owner_id", "shop", "fan", "nope", "goods", "double"):
            show.of(lambda n=name, o=opts: type(o.get_field(n)).__name__)
        for other in ALL:
            show(opts.get_base_chain(other), opts.get_ancestor_link(other))
            show([p.to_opts.label for p in opts.get_path_to_parent(other)])
            show.of(lambda o=opts, m=other: [p.to_opts.label for p in o.get_path_from_parent(m)])


def case_fields(show: Any) -> None:
    for model in ALL:
        for field in model._meta.get_fields(include_hidden=True):
            show(field.name, field.is_relation, field.auto_created, field.hidden)
            show(field.many_to_many, field.many_to_one, field.one_to_many, field.one_to_one)
            show(field.related_model, field.editable, field.null, getattr(field, "attname", None))
            show(repr(field).rpartition(".")[2], field.model)
            if not field.many_to_many:  # Django 5's has a "column" that no table has
                show(field.concrete, getattr(field, "column", None))
            if field.is_relation and field.auto_created and not field.concrete:
                show(
                    field.get_accessor_name(), field.multiple, field.symmetrical, field.parent_link
                )
                show.of(lambda f=field: f.target_field.name, lambda f=field: f.get_internal_type())
                show.of(lambda f=field: f.get_related_field().name)
            else:
                show(str(field), field.description, field.unique, field.serialize, field.blank)
                show(field.has_default(), field.get_default() if field.name != "double" else None)
                show(field.get_attname(), field.choices and list(field.flatchoices))
                show(sorted(field.deconstruct()[3]), field.get_internal_type(), field.verbose_name)
                show.of(lambda f=field: f.target_field.name if f.is_relation else None)


def case_refresh(show: Any) -> None:
    shop = Shop.objects.get(pk=1)
    show(shop.owner, shop.double, shop.get_rank_display())
    Shop.objects.filter(pk=1).update(owner=2, rank=1)
    shop.refresh_from_db(fields=["rank"])
    show(shop.rank, shop.owner_id, shop.get_rank_display())
    shop.refresh_from_db(fields=["owner"])
    show(shop.owner_id, shop.owner.name, shop.double)
    shop.refresh_from_db(fields=["owner_id", "double"])
    show(shop.double)
    show.of(
        lambda: shop.refresh_from_db(fields=["nope"]),
        lambda: shop.refresh_from_db(fields=["owner__name"]),
        lambda: shop.refresh_from_db(fields=[]),
        lambda: shop.refresh_from_db(fields=["goods"]),
        lambda: shop.refresh_from_db(using="nope"),
        lambda: Shop(pk=77).refresh_from_db(),
        lambda: Shop().refresh_from_db(),
        lambda: shop.refresh_from_db(from_queryset=Shop.objects.filter(rank=9)),
        lambda: shop.refresh_from_db(from_queryset=Shop.objects.defer("rank")),
        lambda: shop.refresh_from_db(from_queryset=Shop.objects.select_related("owner")),
        lambda: shop.refresh_from_db(from_queryset=Shop.objects.annotate(more=F("rank") + 1)),
        lambda: shop.refresh_from_db(["rank"]),
    )
    show(shop._state.fields_cache.keys(), hasattr(shop, "more"), sorted(shop.get_deferred_fields()))
    part = Shop.objects.defer("rank").get(pk=1)
    part.refresh_from_db()
    show(sorted(part.get_deferred_fields()), part.rank, sorted(part.get_deferred_fields()))
    pair = Pair.objects.get()
    Pair.objects.update(note="new")
    pair.refresh_from_db()
    show(pair.note, pair.pk)
    proxy = Kiosk.objects.get(pk=1)
    proxy.refresh_from_db()
    show(proxy.name, type(proxy))
    prefetched = Shop.objects.prefetch_related("goods").get(pk=1)
    prefetched.refresh_from_db(fields=["goods", "rank"])
    show(getattr(prefetched, "_prefetched_objects_cache", None))
    owner = Owner.objects.select_related("best").get(pk=1)
    show(sorted(owner._state.fields_cache))
    owner.refresh_from_db(fields=["name"])
    show(sorted(owner._state.fields_cache))
    owner.refresh_from_db()
    show(sorted(owner._state.fields_cache))


def case_deferred(show: Any) -> None:
    for rows in (
        Shop.objects.only("name"),
        Shop.objects.only("rank", "owner"),
        Shop.objects.only("owner__name", "name").select_related("owner"),
        Shop.objects.defer("name"),
        Shop.objects.defer("name").defer("rank"),
        Shop.objects.defer("name").defer(None),
        Shop.objects.only("name").defer("name"),
        Shop.objects.defer("name").only("name", "rank"),
        Shop.objects.only("pk"),
        Shop.objects.only("place_ptr"),
        Shop.objects.only("nope"),
        Shop.objects.defer("nope"),
        Shop.objects.only("goods"),
        Shop.objects.defer("owner__nope"),
        Pair.objects.only("a"),
        Pair.objects.defer("pk"),
        Pair.objects.only("pk"),
    ):
        show.of(
            lambda r=rows: sorted(r[0].get_deferred_fields()),
            lambda r=rows: [getattr(r[0], n) for n in ("name", "rank")],
            lambda r=rows: pickle.loads(pickle.dumps(r[0])).get_deferred_fields(),
            lambda r=rows: copy.copy(r[0]).get_deferred_fields(),
        )
    show(Shop.objects.only("name").get(pk=3).delete()[0])
    shop = Shop.objects.only("rank").get(pk=1)
    shop.rank = 1
    shop.save()
    show(Shop.objects.values_list("name", "rank").get(pk=1))
    show.of(lambda: Shop.objects.only("rank").get(pk=2).save(force_insert=True))
    show.of(lambda: Owner(pk=1).name, lambda: Owner.from_db("default", ["id"], [1]).name)


def case_instances(show: Any) -> None:
    show.of(
        lambda: Owner(1, "a", datetime.date(2000, 1, 1)).name,
        lambda: Owner(1, name="a").name,
        lambda: Owner(1, "a", name="b"),
        lambda: Owner(nope=1),
        lambda: Owner(1, 2, 3, 4, 5, 6, 7),
        lambda: Owner(pk=4).id,
        lambda: Owner(best=Place(pk=3)).best_id,
        lambda: Owner(best=None).best,
        lambda: Owner(best=3),
        lambda: Owner(best_id=3).best_id,
        lambda: hash(Owner()),
        lambda: Owner() == Owner(),
        lambda: Owner(pk=1) == Owner(pk=1),
        lambda: Shop(pk=1) == Kiosk(pk=1),
        lambda: Shop(pk=1) == Place(pk=1),
        lambda: repr(Owner(pk=1)),
        lambda: str(Owner()),
        lambda: Owner(pk=3).serializable_value("best"),
        lambda: Owner(pk=3, best_id=4).serializable_value("best"),
        lambda: Place(rank=3).get_rank_display(),
        lambda: Place(rank=7).get_rank_display(),
        lambda: Place(rank=None).get_rank_display(),
        lambda: Owner.objects.get(pk=1).get_next_by_born().name,
        lambda: Owner.objects.get(pk=2).get_next_by_born(),
        lambda: Owner.objects.get(pk=2).get_previous_by_born(name="Ann").name,
        lambda: Owner().get_next_by_born(),
        lambda: Owner.objects.latest().name,
        lambda: list(Owner.objects.get(pk=1).get_step_order()),
        lambda: Owner.objects.get(pk=1).set_step_order([3, 1, 2]),
        lambda: [s.text for s in Step.objects.all()],
        lambda: Step.objects.get(pk=1).get_next_in_order().text,
        lambda: Step.objects.get(pk=2).get_next_in_order(),
        lambda: Owner(name="x").delete(),
        lambda: Owner.objects.get(pk=1).fan,
        lambda: Owner.objects.get(pk=1).best.fan.name,
        lambda: Place.objects.get(pk=3).fan,
        lambda: Shop.objects.get(pk=1).place_ptr.name,
        lambda: Place.objects.get(pk=1).shop.owner.name,
        lambda: Owner.objects.get(pk=1).named.pk,
        lambda: [o.name for o in Place.objects.get(pk=1).named.all()],
        lambda: Owner.objects.get(pk=1).full_clean(),
        lambda: Owner(best_id=99).full_clean(),
        lambda: Owner(name="n", best_id=1).full_clean(),
        lambda: Owner(name="n", best_id=1).full_clean(exclude=["best"]),
        lambda: Owner(name="n", best_id=1).full_clean(validate_unique=False),
        lambda: Place(name="x").validate_unique(),
        lambda: Place(name="x").validate_constraints(),
        lambda: Place(name="x", rank=2).clean_fields(),
        lambda: Pair(a=1, b=2).full_clean(),
        lambda: Pair(a=1, b=None).full_clean(),
        lambda: Pair(a=1, b=2).pk,
        lambda: Pair(pk=(3, 4)).b,
        lambda: Pair(pk=(3,)),
        lambda: Pair(pk=None).a,
        lambda: hash(Pair(a=1)),
    )


def case_managers_of_relations(show: Any) -> None:
    shop, ann = Shop.objects.get(pk=1), Owner.objects.get(pk=1)

    def codes(manager: Any) -> Any:
        return sorted(manager.values_list("pk", flat=True))

    show.of(
        lambda: codes(shop.goods),
        lambda: shop.goods.add("a", Good(pk="c")),
        lambda: codes(shop.goods),
        lambda: shop.goods.add(ann),
        lambda: shop.goods.add(Good()),
        lambda: shop.goods.remove("zz", "a"),
        lambda: codes(shop.goods),
        lambda: shop.goods.set(["a", Good(pk="b")]),
        lambda: codes(shop.goods),
        lambda: shop.goods.set([], clear=True),
        lambda: shop.goods.count(),
        lambda: shop.goods.create(code="d").pk,
        lambda: shop.goods.get_or_create(code="d")[1],
        lambda: shop.goods.update_or_create(code="e")[1],
        lambda: Good.objects.get(pk="d").shops.get().name,
        lambda: shop.goods.filter(pk="d").delete()[0],
        lambda: setattr(shop, "goods", []),
        lambda: Shop().goods,
        lambda: codes(ann.shops),
        lambda: ann.shops.add(Shop.objects.get(pk=3)),
        lambda: codes(ann.shops),
        lambda: ann.shops.add(Shop(name="new")),
        lambda: ann.shops.add(Shop(name="new"), bulk=False),
        lambda: ann.shops.count(),
        lambda: ann.shops.remove(Shop.objects.get(pk=3)),
        lambda: ann.shops.remove(Shop.objects.get(pk=2)),
        lambda: ann.shops.add(5),
        lambda: ann.shops.set(Shop.objects.filter(pk__in=[1, 2])),
        lambda: codes(ann.shops),
        lambda: ann.shops.clear(),
        lambda: ann.shops.exists(),
        lambda: ann.step_set.clear(),
        lambda: ann.step_set.remove,
        lambda: Owner().shops.all(),
        lambda: Owner(pk=9).shops.count(),
    )
    a, b = Good.objects.get(pk="a"), Good.objects.get(pk="b")
    a.near.add(b)
    a.after.add(b)
    show(codes(b.near), codes(b.after), codes(b.before), codes(a.after))
    b.near.remove(a)
    show(codes(a.near), Good.near.through, Good.after.rel.symmetrical, Good.near.field.name)
    show(Shop.goods.through._meta.auto_created, Shop.goods.reverse, Owner.shops.rel.name)
    show(Owner.best.field.name, Place.fan.related.name, Owner.best.is_cached(Owner()))
