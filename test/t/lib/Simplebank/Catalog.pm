# What an installed simplebank consists of, to be compared with another one.
#
#   my $objects = describe($dbh);                   # "object: property" => value
#   my @lines = differences($objects, $expected);   # none: the same
#
# A property is whatever the server's catalogs say of an object of the
# extension or of what hangs on it: columns of a catalog are told as they are,
# unless they are oids or say how and where something is stored.  Where the
# order says nothing, as in a list of grants, each element is a property.

package Simplebank::Catalog;

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT = qw(describe differences built_in_rows symbols);

# Objects that a comparison must know; another kind of member makes it fail.
my @kinds = qw(pg_class pg_type pg_proc pg_namespace pg_cast pg_event_trigger);

my $objects = <<'SQL';
WITH member AS (
	SELECT d.classid, d.objid FROM pg_depend d
	WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
	  AND d.refobjid = (SELECT e.oid FROM pg_extension e WHERE e.extname = 'simplebank')
), relation AS (
	SELECT c.* FROM pg_class c
	WHERE c.oid IN (SELECT objid FROM member WHERE classid = 'pg_class'::regclass)
	   OR c.relkind = 'c' AND c.reltype IN (SELECT objid FROM member WHERE classid = 'pg_type'::regclass)
), object AS (
	SELECT classid, objid FROM member
	UNION SELECT 'pg_class'::regclass, oid FROM relation
	UNION SELECT 'pg_class'::regclass, i.indexrelid FROM pg_index i JOIN relation r ON r.oid = i.indrelid
	UNION SELECT 'pg_constraint'::regclass, n.oid FROM pg_constraint n
		WHERE n.conrelid IN (SELECT oid FROM relation) OR n.contypid IN (SELECT objid FROM member WHERE classid = 'pg_type'::regclass)
	UNION SELECT 'pg_trigger'::regclass, t.oid FROM pg_trigger t JOIN relation r ON r.oid = t.tgrelid WHERE NOT t.tgisinternal
	UNION SELECT 'pg_policy'::regclass, p.oid FROM pg_policy p JOIN relation r ON r.oid = p.polrelid
	UNION SELECT 'pg_rewrite'::regclass, w.oid FROM pg_rewrite w JOIN relation r ON r.oid = w.ev_class
), owned(classid, objid, column_number, kind, owner, acl) AS (
	SELECT 'pg_class'::regclass, oid, 0, CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner, relacl FROM relation
	UNION ALL SELECT 'pg_class'::regclass, a.attrelid, a.attnum, 'c', r.relowner, a.attacl
		FROM pg_attribute a JOIN relation r ON r.oid = a.attrelid WHERE a.attacl IS NOT NULL
	UNION ALL SELECT 'pg_proc'::regclass, p.oid, 0, 'f', p.proowner, p.proacl
		FROM pg_proc p JOIN member m ON m.objid = p.oid AND m.classid = 'pg_proc'::regclass
	UNION ALL SELECT 'pg_type'::regclass, t.oid, 0, 'T', t.typowner, t.typacl
		FROM pg_type t JOIN member m ON m.objid = t.oid AND m.classid = 'pg_type'::regclass
	UNION ALL SELECT 'pg_namespace'::regclass, n.oid, 0, 'n', n.nspowner, n.nspacl
		FROM pg_namespace n JOIN member m ON m.objid = n.oid AND m.classid = 'pg_namespace'::regclass
), description(classid, objid, column_number, properties) AS (
	SELECT classid, objid, 0, jsonb_build_object('member', true) FROM member
	UNION ALL
	SELECT 'pg_extension'::regclass, e.oid, 0,
		   jsonb_build_object('extversion', e.extversion, 'extrelocatable', e.extrelocatable, 'schema', e.extnamespace::regnamespace, 'owner', e.extowner::regrole)
		   || coalesce((SELECT jsonb_object_agg(format('dumped %s', c.t::regclass), c.condition) FROM unnest(e.extconfig, e.extcondition) c(t, condition)), '{}')
	FROM pg_extension e WHERE e.extname = 'simplebank'
	UNION ALL
	SELECT 'pg_class'::regclass, c.oid, 0, to_jsonb(c)
		   - '{oid,relname,relnamespace,reltype,reloftype,relowner,relam,relfilenode,reltablespace,relpages,reltuples,relallvisible,relallfrozen}'::text[]
		   - '{reltoastrelid,relhasindex,relnatts,relhasrules,relhastriggers,relhassubclass,relrewrite,relfrozenxid,relminmxid,relacl,relpartbound}'::text[]
		   || jsonb_build_object('access method', (SELECT amname FROM pg_am WHERE oid = c.relam), 'tablespace', c.reltablespace,
			'definition', CASE c.relkind WHEN 'i' THEN pg_get_indexdef(c.oid) WHEN 'v' THEN pg_get_viewdef(c.oid) END,
			'options of its toast', (SELECT t.reloptions FROM pg_class t WHERE t.oid = c.reltoastrelid))
	FROM pg_class c JOIN object o ON o.objid = c.oid AND o.classid = 'pg_class'::regclass
	UNION ALL
	SELECT 'pg_class'::regclass, i.indexrelid, 0, to_jsonb(i)
		   - '{indexrelid,indrelid,indkey,indcollation,indclass,indoption,indexprs,indpred,indcheckxmin}'::text[]
	FROM pg_index i JOIN relation r ON r.oid = i.indrelid
	UNION ALL
	SELECT 'pg_class'::regclass, s.seqrelid, 0, to_jsonb(s) - '{seqrelid,seqtypid}'::text[]
		   || jsonb_build_object('type', s.seqtypid::regtype,
			'of', (SELECT jsonb_agg(pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid) ORDER BY 1) FROM pg_depend d
				   WHERE d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid AND d.deptype IN ('a', 'i')))
	FROM pg_sequence s JOIN relation r ON r.oid = s.seqrelid
	UNION ALL
	SELECT 'pg_class'::regclass, a.attrelid, a.attnum, to_jsonb(a)
		   - '{attrelid,attname,atttypid,attnum,attcacheoff,attcollation,attacl,attoptions,attmissingval,atthasmissing,attinhcount}'::text[]
		   || jsonb_build_object('type', format_type(a.atttypid, a.atttypmod), 'collation', a.attcollation::regcollation,
			/* back branches of PostgreSQL keep a version of the column there */
			'options', (SELECT jsonb_agg(t ORDER BY t) FROM unnest(a.attoptions) t WHERE NOT starts_with(t, 'pg_attver=')),
			'default', pg_get_expr(d.adbin, d.adrelid), 'position', row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum))
	FROM pg_attribute a JOIN relation r ON r.oid = a.attrelid AND r.relkind <> 'S'
		LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
	WHERE a.attnum > 0 AND NOT a.attisdropped
	UNION ALL
	SELECT 'pg_constraint'::regclass, n.oid, 0, to_jsonb(n)
		   - '{oid,conname,connamespace,conrelid,contypid,conindid,conparentid,confrelid,conkey,confkey,confdelsetcols}'::text[]
		   - '{conpfeqop,conppeqop,conffeqop,conexclop,conbin}'::text[]
		   || jsonb_build_object('definition', pg_get_constraintdef(n.oid), 'index', n.conindid::regclass)
	FROM pg_constraint n JOIN object o ON o.objid = n.oid AND o.classid = 'pg_constraint'::regclass
	UNION ALL
	SELECT 'pg_trigger'::regclass, t.oid, 0, jsonb_build_object('definition', pg_get_triggerdef(t.oid), 'enabled', t.tgenabled)
	FROM pg_trigger t JOIN object o ON o.objid = t.oid AND o.classid = 'pg_trigger'::regclass
	UNION ALL
	SELECT 'pg_policy'::regclass, p.oid, 0, jsonb_build_object('command', p.polcmd, 'permissive', p.polpermissive,
			'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid),
			'roles', (SELECT jsonb_agg(CASE r WHEN 0 THEN 'public' ELSE r::regrole::text END ORDER BY 1) FROM unnest(p.polroles) r))
	FROM pg_policy p JOIN object o ON o.objid = p.oid AND o.classid = 'pg_policy'::regclass
	UNION ALL
	SELECT 'pg_rewrite'::regclass, w.oid, 0, jsonb_build_object('definition', pg_get_ruledef(w.oid), 'enabled', w.ev_enabled)
	FROM pg_rewrite w JOIN object o ON o.objid = w.oid AND o.classid = 'pg_rewrite'::regclass
	UNION ALL
	SELECT 'pg_proc'::regclass, p.oid, 0, to_jsonb(p)
		   - '{oid,proname,pronamespace,proowner,prolang,provariadic,prorettype,proargtypes,proallargtypes,proargdefaults,protrftypes,prosqlbody,proacl}'::text[]
		   || jsonb_build_object('definition', CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) END)
	FROM pg_proc p JOIN object o ON o.objid = p.oid AND o.classid = 'pg_proc'::regclass
	UNION ALL
	SELECT 'pg_type'::regclass, t.oid, 0, to_jsonb(t)
		   - '{oid,typname,typnamespace,typowner,typrelid,typelem,typarray,typbasetype,typcollation,typdefaultbin,typacl}'::text[]
		   || jsonb_build_object('base type', format_type(t.typbasetype, t.typtypmod), 'element type', t.typelem::regtype,
			'collation', t.typcollation::regcollation,
			'labels', (SELECT jsonb_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid))
	FROM pg_type t JOIN object o ON o.objid = t.oid AND o.classid = 'pg_type'::regclass
	UNION ALL
	SELECT 'pg_cast'::regclass, c.oid, 0, jsonb_build_object('function', c.castfunc::regprocedure, 'context', c.castcontext, 'method', c.castmethod)
	FROM pg_cast c JOIN object o ON o.objid = c.oid AND o.classid = 'pg_cast'::regclass
	UNION ALL
	SELECT 'pg_event_trigger'::regclass, t.oid, 0, jsonb_build_object('event', t.evtevent, 'function', t.evtfoid::regprocedure,
			'enabled', t.evtenabled, 'tags', t.evttags, 'owner', t.evtowner::regrole)
	FROM pg_event_trigger t JOIN object o ON o.objid = t.oid AND o.classid = 'pg_event_trigger'::regclass
	UNION ALL
	SELECT classid, objid, column_number, jsonb_build_object('owner', owner::regrole) FROM owned WHERE column_number = 0
	UNION ALL
	SELECT o.classid, o.objid, o.column_number, jsonb_build_object(
			format('privilege %s of %s by %s', a.privilege_type, CASE a.grantee WHEN 0 THEN 'public' ELSE a.grantee::regrole::text END, a.grantor::regrole),
			CASE WHEN a.is_grantable THEN 'with grant option' ELSE 'granted' END)
	FROM owned o, aclexplode(coalesce(o.acl, acldefault(o.kind, o.owner))) a
	UNION ALL
	/* what pg_dump takes for granted */
	SELECT i.classoid, i.objoid, i.objsubid, jsonb_build_object(
			format('initial privilege %s of %s by %s', a.privilege_type, CASE a.grantee WHEN 0 THEN 'public' ELSE a.grantee::regrole::text END, a.grantor::regrole),
			CASE WHEN a.is_grantable THEN 'with grant option' ELSE 'granted' END)
	FROM pg_init_privs i JOIN object o ON o.objid = i.objoid AND o.classid = i.classoid, aclexplode(i.initprivs) a
	UNION ALL
	SELECT 'pg_namespace'::regclass, d.defaclnamespace, 0, jsonb_build_object(format('default privileges on %s of %s', d.defaclobjtype, d.defaclrole::regrole), d.defaclacl)
	FROM pg_default_acl d JOIN member m ON m.objid = d.defaclnamespace AND m.classid = 'pg_namespace'::regclass
	UNION ALL
	SELECT d.classoid, d.objoid, d.objsubid, jsonb_build_object('comment', d.description)
	FROM pg_description d JOIN object o ON o.objid = d.objoid AND o.classid = d.classoid
)
SQL

# Everything about each object: "type name: property" => value.
sub describe
{
	my ($dbh) = @_;
	$dbh->do('SET search_path = pg_catalog');
	my $strange = $dbh->selectcol_arrayref(
		"$objects SELECT pg_describe_object(classid, objid, 0) FROM member WHERE classid::regclass::text <> ALL (?)",
		undef, \@kinds);
	die "no comparison is made of: @$strange\n" if @$strange;
	my $rows = $dbh->selectall_arrayref(<<SQL);
$objects
SELECT format('%s %s: %s', i.type, i.identity, p.key), p.value
FROM description d, pg_identify_object(d.classid, d.objid, d.column_number) i, jsonb_each_text(d.properties) p
WHERE p.value IS NOT NULL
SQL
	return { map { $_->[0] => $_->[1] } @$rows };
}

# The contents of all tables, in the same form.
sub built_in_rows
{
	my ($dbh) = @_;
	my $tables = $dbh->selectcol_arrayref("$objects SELECT oid::regclass FROM relation WHERE relkind = 'r'");
	my %rows;
	foreach my $table (@$tables)
	{
		# but for when it was made
		$rows{"row of $table: $_"} = 'there'
		  foreach @{ $dbh->selectcol_arrayref("SELECT to_jsonb(t) - 'created_at' FROM $table t") };
	}
	return \%rows;
}

# What is called by each symbol of the library: arguments, with their types and
# modes, and result.
sub symbols
{
	my ($dbh) = @_;
	my $rows = $dbh->selectall_arrayref(<<SQL);
$objects
SELECT format('symbol %s: signature', p.prosrc),
	   format('(%s) %s -> %s%s', array_to_string(coalesce(p.proallargtypes, p.proargtypes::oid[])::regtype[], ', '), p.proargmodes,
			  CASE WHEN p.proretset THEN 'set of ' END, p.prorettype::regtype)
FROM pg_proc p JOIN member m ON m.objid = p.oid AND m.classid = 'pg_proc'::regclass
WHERE p.prolang = (SELECT l.oid FROM pg_language l WHERE l.lanname = 'c')
SQL
	my %symbols;
	$symbols{ $_->[0] }{ $_->[1] } = 1 foreach @$rows;
	return { map { $_ => join '; ', sort keys %{ $symbols{$_} } } keys %symbols };
}

sub differences
{
	my ($found, $expected) = @_;
	my %names = (%$found, %$expected);
	my @lines;
	foreach my $name (sort keys %names)
	{
		my ($is, $should) = map { $_->{$name} // 'nothing' } $found, $expected;
		push @lines, "$name is $is, not $should" if $is ne $should;
	}
	return @lines;
}

1;
